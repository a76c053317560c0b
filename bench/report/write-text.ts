import type { Table } from './tables.ts';

/** For a terminal: columns aligned, words to the left, numbers to the right. */
export function toText({ title, head, rows }: Table): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((row) => row[column]?.length ?? 0)));
  const align = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ');
  return [title, ...lines.map(align).map((text) => `  ${text.trimEnd()}`)].join('\n');
}

const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;

/** For docs/performance.md. */
export function toMarkdown({ title, head, rows }: Table): string {
  return [`### ${title}`, '', line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
