import type { Row, Sql } from './connect.ts';

type Removed = { readonly removed: readonly Row[]; readonly tables: Set<string> };

/** Takes callbacks, which are removed already, out of what was counted of their tasks. */
export async function forgetInTasks(sql: Sql, s: string, { removed, tables }: Removed): Promise<void> {
  const ofTasks = removed.filter(({ task }) => task !== null);
  if (ofTasks.length === 0) return;
  for (const name of ['tasks', 'task_items', 'task_progress']) tables.add(`${s}.${name}`);
  const numbers = [...new Set(ofTasks.map(({ task }) => Number(task)))].toSorted((a, b) => a - b);
  await sql(`SELECT n FROM ${s}.tasks WHERE n = ANY ($1::int[]) ORDER BY n FOR UPDATE`, [numbers]);
  await sql(
    `DELETE FROM ${s}.task_progress p USING unnest($1::int[], $2::bigint[], $3::text[]) AS r (task, received_at, key)
      WHERE p.task = r.task AND p.received_at = r.received_at AND p.key = r.key`,
    ['task', 'received_at', 'key'].map((name) => ofTasks.map((row) => row[name])),
  );
  const gone = await removeEmptyTasks(sql, s, numbers);
  const left = ofTasks.filter(({ task }) => !gone.has(Number(task)));
  await forgetItems(sql, s, { kind: 0, column: 'order_id', rows: left });
  await forgetItems(sql, s, { kind: 1, column: 'call_id', rows: left });
  await sql(RECOUNT.replaceAll('§', s), [numbers]);
  const named = left.filter((row) => row['user_task'] !== null).map(({ task }) => task);
  if (named.length > 0) await sql(RENAME.replaceAll('§', s), [named]);
}

async function removeEmptyTasks(sql: Sql, s: string, numbers: readonly number[]): Promise<ReadonlySet<number>> {
  const rows = await sql(
    `SELECT n FROM unnest($1::int[]) AS g (n) WHERE NOT EXISTS (SELECT FROM ${s}.callbacks c WHERE c.task = g.n)`,
    [numbers],
  );
  const empty = rows.map(({ n }) => Number(n));
  if (empty.length > 0) {
    for (const table of ['task_items WHERE task', 'task_progress WHERE task', 'tasks WHERE n'])
      await sql(`DELETE FROM ${s}.${table} = ANY ($1::int[])`, [empty]);
  }
  return new Set(empty);
}

type Items = { readonly kind: 0 | 1; readonly column: 'order_id' | 'call_id'; readonly rows: readonly Row[] };

/** An order or a call stays as far as other callbacks name it. */
async function forgetItems(sql: Sql, s: string, { kind, column, rows }: Items): Promise<void> {
  const named = rows.filter((row) => row[column] !== null);
  if (named.length === 0) return;
  const ofOrder = 'c.order_finished IS NOT NULL OR c.call_id IS NULL';
  const ofOrders = `CASE WHEN NOT (${ofOrder}) THEN 4 WHEN c.order_finished THEN 3 ELSE 1 END`;
  const seen = kind === 0 ? ofOrders : `CASE WHEN ${ofOrder} THEN 4 ELSE 1 END`;
  const values = [named.map(({ task }) => task), named.map((row) => row[column])];
  await sql(
    `WITH g AS (SELECT DISTINCT * FROM unnest($1::int[], $2::text[]) AS g (task, item)),
    now AS (SELECT g.task, g.item, (SELECT bit_or(${seen}) FROM ${s}.callbacks c WHERE c.${column} = g.item AND c.task = g.task) AS seen FROM g),
    gone AS (DELETE FROM ${s}.task_items i USING now WHERE now.seen IS NULL AND i.task = now.task AND i.kind = ${kind} AND i.item = now.item)
    UPDATE ${s}.task_items i SET seen = now.seen FROM now WHERE now.seen IS NOT NULL AND i.task = now.task AND i.kind = ${kind} AND i.item = now.item`,
    values,
  );
}

const RECOUNT = `UPDATE §.tasks t SET (orders, orders_finished, orders_missing, calls) = (
    SELECT count(*) FILTER (WHERE kind = 0 AND seen & 1 = 1), count(*) FILTER (WHERE kind = 0 AND seen & 2 = 2),
      count(*) FILTER (WHERE kind = 0 AND seen = 4), count(*) FILTER (WHERE kind = 1 AND seen & 1 = 1) FROM §.task_items i WHERE i.task = t.n
  ), (first_at, last_at) = (SELECT min(received_at), max(received_at) FROM §.callbacks c WHERE c.task = t.n)
WHERE t.n = ANY ($1::int[])`;

/** The customer's own id of a task becomes one that a callback of it still names, or none. */
const RENAME = `UPDATE §.tasks t
  SET user_task = (SELECT c.user_task FROM §.callbacks c WHERE c.task = t.n AND c.user_task IS NOT NULL LIMIT 1)
  WHERE t.n = ANY ($1::int[])`;
