import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A row of docs/logs.md. */
export type DocumentedLine = {
  readonly message: string;
  readonly levels: readonly string[];
  readonly apps: readonly string[];
  readonly codes: readonly string[];
  readonly fields: readonly string[];
};

const PAGE = readFileSync(join(import.meta.dirname, '../docs/logs.md'), 'utf8');
/** Of every line. */
const COMMON = ['level', 'time', 'app', 'msg', 'shard'];

export const documentedLines: readonly DocumentedLine[] = rowsOf('## The lines').map(
  ([message = '', levels, app, codes, fields]) => ({
    message,
    levels: words(levels),
    apps: app === 'both' ? ['ingress', 'worker'] : words(app),
    codes: words(codes),
    fields: words(fields),
  }),
);

/** Those that the page explains. */
export const documentedFields: readonly string[] = rowsOf('## The fields').flatMap(([names]) => words(names));

/** Lines that differ from the page, each with what differs. Empty: none does. */
export function undocumented(lines: readonly Readonly<Record<string, unknown>>[]): string[] {
  const problems = lines.map((line) => {
    const row = rowOf(String(line['msg']));
    if (row === undefined) return `no such message: ${String(line['msg'])}`;
    const { level, app, code } = line;
    const differs = [
      ...Object.keys(line).filter((field) => ![...COMMON, ...row.fields].includes(field)),
      ...(row.levels.some((known) => known === level) ? [] : ['level']),
      ...(row.apps.some((known) => known === app) ? [] : ['app']),
      ...(code === undefined || row.codes.some((known) => known === 'any' || known === code) ? [] : ['code']),
    ];
    return differs.length === 0 ? '' : `${row.message}: ${differs.join(', ')}`;
  });
  return [...new Set(problems)].filter((problem) => problem !== '');
}

/** The longest that fits: a message may be the begin of another. */
function rowOf(message: string): DocumentedLine | undefined {
  const exact = documentedLines.find((row) => row.message === message);
  return exact ?? documentedLines.find((row) => row.message.includes('…') && fits(message, row.message.split('…')));
}

function fits(message: string, [start = '', end = '']: readonly string[]): boolean {
  return message.length >= start.length + end.length && message.startsWith(start) && message.endsWith(end);
}

/** The cells of the rows of the first table below the heading. */
function rowsOf(heading: string): string[][] {
  const [table = ''] = /^\|.*(?:\n\|.*)*/m.exec(PAGE.slice(PAGE.indexOf(`${heading}\n`))) ?? [];
  return table
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}

function words(cell = ''): string[] {
  return cell
    .split(', ')
    .map((word) => word.replaceAll('`', ''))
    .filter((word) => word !== '');
}
