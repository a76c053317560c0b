/** A piece of a condition. `?` stands for each value in order. */
export type Clause = { readonly sql: string; readonly values: readonly unknown[] };

export const clause = (sql: string, ...values: unknown[]): Clause => ({ sql, values });

export function and(clauses: readonly Clause[]): Clause {
  return { sql: clauses.map(({ sql }) => `(${sql})`).join(' AND ') || 'true', values: clauses.flatMap(({ values }) => values) };
}

/** With `$1`, `$2`, … in place of each `?`. No text of ours has another `?`. */
export function statement({ sql, values }: Clause): [string, readonly unknown[]] {
  let n = 0;
  return [sql.replaceAll('?', () => `$${(n += 1)}`), values];
}
