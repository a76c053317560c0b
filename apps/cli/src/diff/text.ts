import { printable } from '../terminal/table.ts';
import type { Differences } from './differences.ts';

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;
const APPS = ['ingress', 'worker'] as const;

/** For a screen: a line for each change, and what a reload takes. */
export function diffLines({ differs, changes, restart }: Differences): string[] {
  if (!differs) return ['the settings are the same'];
  return [...changes.map(changeLine), '', ...APPS.map((app) => reloadLine(app, restart[app]))].map(printable);
}

function changeLine({ setting, change, secret, restart, ...values }: Differences['changes'][number]): string {
  const note = restart.length === 0 ? '' : `  (restart of ${restart.join(' and ')})`;
  return `${SIGNS[change]} ${setting}${secret ? `: ${change} (secret)` : valuesOf(values)}${note}`;
}

function valuesOf({ from, to }: Pick<Differences['changes'][number], 'from' | 'to'>): string {
  if (from === undefined && to === undefined) return '';
  return `: ${[from, to]
    .filter((value) => value !== undefined)
    .map((value) => JSON.stringify(value))
    .join(' → ')}`;
}

function reloadLine(app: string, fixed: readonly string[]): string {
  if (fixed.length === 0) return `the ${app} takes all of it by a reload`;
  return `the ${app} must be restarted, and takes nothing by a reload, for ${fixed.join(', ')}`;
}
