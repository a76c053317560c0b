import type { Severity } from '@ringback/operations';
import { type Check, type NamedFinding, GROUPS } from './check.ts';
import { printable } from '../terminal/table.ts';

const WORST_FIRST: readonly Severity[] = ['error', 'warning', 'note', 'ok'];

export function tally(findings: readonly NamedFinding[]): { readonly errors: number; readonly warnings: number } {
  const count = (severity: Severity) => findings.filter((one) => one.severity === severity).length;
  return { errors: count('error'), warnings: count('warning') };
}

export function reportJson(findings: readonly NamedFinding[]): string {
  return JSON.stringify({ findings, ...tally(findings) });
}

/** By group, the worst first. What several checks say alike is said once. */
export function reportLines(findings: readonly NamedFinding[], checks: readonly Check[]): string[] {
  const { errors, warnings } = tally(findings);
  const lines = GROUPS.flatMap((group) => {
    const names = new Set(checks.filter((check) => check.group === group).map(({ name }) => name));
    const own = findings.filter(({ check }) => names.has(check));
    if (own.length === 0) return [];
    const sorted = WORST_FIRST.flatMap((severity) => own.filter((one) => one.severity === severity));
    return [group, ...merged(sorted).flatMap(linesOf), ''];
  });
  return [...lines, `${counted(errors, 'error')}, ${counted(warnings, 'warning')}, ${findings.length} findings`];
}

type Merged = Omit<NamedFinding, 'check'> & { readonly checks: readonly string[] };

function merged(findings: readonly NamedFinding[]): Merged[] {
  // What names itself as its subject says nothing more by that.
  const groups = Map.groupBy(findings, ({ check, severity, subject, text, mend }) =>
    JSON.stringify([severity, subject === check ? '' : subject, text, mend]),
  );
  return [...groups.values()].flatMap((same) => {
    const [first] = same;
    return first ? [{ ...first, checks: same.map(({ check }) => check) }] : [];
  });
}

function linesOf({ severity, checks, subject, text, mend }: Merged): string[] {
  const about = checks.includes(subject) ? '' : `${subject}: `;
  const [first = '', ...rest] = `${checks.join(', ')}  ${about}${text}`.split('\n');
  const mark = severity === 'error' || severity === 'warning' ? severity.toUpperCase() : severity;
  const more = [...rest, ...(mend === undefined ? [] : [`mend: ${mend}`])];
  return [`  ${mark.padEnd(8)}${printable(first)}`, ...more.map((line) => `          ${printable(line)}`)];
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
