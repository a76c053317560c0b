import { figuresTable } from '@ringback/testkit/bare';
import type { Table } from './tables.ts';

/** For a terminal. */
export function toText({ title, head, rows }: Table): string {
  return [title, ...figuresTable([head, ...rows]).map((text) => `  ${text}`)].join('\n');
}

const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;

/** For docs/performance.md. */
export function toMarkdown({ title, head, rows }: Table): string {
  return [`### ${title}`, '', line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
