import type { Sql } from './connect.ts';

/** A column of a statement that inserts many rows: its type in SQL, and its value in a row. */
export type Column<T> = { readonly name: string; readonly type: string; readonly of: (row: T) => unknown };

/** One statement for all rows: an array for each column. */
export async function insertRows<T>(
  sql: Sql,
  { into, columns, rows, conflict }: { into: string; columns: readonly Column<T>[]; rows: readonly T[]; conflict: string },
): Promise<void> {
  if (rows.length === 0) return;
  const names = columns.map(({ name }) => name).join(', ');
  const arrays = columns.map(({ type }, i) => `$${i + 1}::${type}[]`).join(', ');
  const values = columns.map(({ of }) => rows.map(of));
  await sql(`INSERT INTO ${into} AS old (${names}) SELECT * FROM unnest(${arrays}) ON CONFLICT ${conflict}`, values);
}

/** The last of each name wins. */
export function uniqueBy<T>(
  rows: readonly T[],
  nameOf: (row: T) => string,
  wins: (row: T, over: T) => boolean = () => true,
): T[] {
  const unique = new Map<string, T>();
  for (const row of rows) {
    const name = nameOf(row);
    const known = unique.get(name);
    if (known === undefined || wins(row, known)) unique.set(name, row);
  }
  return [...unique.values()];
}

type Ref = { readonly receivedAt: number; readonly key: string };

export const nameOfRef = ({ receivedAt, key }: Ref): string => `${receivedAt} ${key}`;

/** In the order of the indexes, which is the same for every writer: no two wait for one another. */
export const inOrder = <T extends Ref>(rows: readonly T[]): T[] =>
  rows.toSorted((a, b) => a.receivedAt - b.receivedAt || Number(a.key > b.key) - Number(a.key < b.key));
