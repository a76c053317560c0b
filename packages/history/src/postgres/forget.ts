import type { CallbackRef } from '../events.ts';
import type { Forgotten, ForgetSelection } from '../store/store.ts';
import type { Sql } from './connect.ts';
import { forgetInTasks } from './forget-tasks.ts';
import { PARTITIONED } from './partitions.ts';
import type { Run } from './run.ts';
import { fromText } from './text.ts';

/** Callbacks of one transaction. */
const PORTION = 1000;

/** Removes rows. Their bytes stay on disk until the tables are rewritten: PostgreSQL says only then that they are gone. */
export function createForgetter(run: Run): (selection: ForgetSelection) => Promise<Forgotten> {
  return async ({ refs, rest }) => {
    const tables = new Set<string>();
    let [callbacks, resting] = [0, 0];
    for (let from = 0; from < refs.length; from += PORTION)
      callbacks += await run.transaction((sql, s) => forgetRefs(sql, s, { refs: refs.slice(from, from + PORTION), tables }));
    for (let from = 0; from < rest.length; from += PORTION) {
      const ids = rest.slice(from, from + PORTION).map((id) => fromText(id));
      resting += await run.transaction(async (sql, s) => {
        const removed = await sql(`DELETE FROM ${s}.rest WHERE id = ANY ($1::text[]) RETURNING tableoid::regclass AS place`, [
          ids,
        ]);
        if (removed.length > 0) tables.add(`${s}.rest`);
        return removed.length;
      });
    }
    const erased = tables.size === 0;
    return { callbacks, resting, erased, ...(!erased && { how: howToErase(tables) }) };
  };
}

function howToErase(tables: ReadonlySet<string>): string {
  const list = [...tables].toSorted().join(', ');
  return `VACUUM FULL ${list}; it locks out writers of these tables while it runs. Archived WAL and backups keep the rows until they expire.`;
}

/** Also what belongs to a callback that was never written. Resolves to how many callbacks there were. */
async function forgetRefs(
  sql: Sql,
  s: string,
  { refs, tables }: { refs: readonly CallbackRef[]; tables: Set<string> },
): Promise<number> {
  const values = [refs.map(({ receivedAt }) => receivedAt), refs.map(({ key }) => key)];
  const remove = async (table: string, returning = '') => {
    const rows = await sql(
      `DELETE FROM ${s}.${table} t USING unnest($1::bigint[], $2::text[]) AS r (received_at, key)
        WHERE t.received_at = r.received_at AND t.key = r.key RETURNING t.tableoid::regclass::text AS table_name ${returning}`,
      values,
    );
    for (const row of rows) tables.add(qualified(s, String(row['table_name'])));
    return rows;
  };
  const removed = await remove('callbacks', ', t.task, t.received_at, t.key, t.user_task, t.order_id, t.call_id');
  for (const table of [...PARTITIONED.filter((name) => name !== 'callbacks' && name !== 'repeats'), 'action_callbacks'])
    await remove(table);
  const repeats = await sql(
    `DELETE FROM ${s}.repeats t WHERE t.key = ANY ($1::text[]) AND NOT EXISTS (SELECT FROM ${s}.callbacks c WHERE c.key = t.key)
      RETURNING t.tableoid::regclass::text AS table_name`,
    [values[1]],
  );
  for (const row of repeats) tables.add(qualified(s, String(row['table_name'])));
  await forgetInTasks(sql, s, { removed, tables });
  return removed.length;
}

/** A name that is on the search path comes without its schema. */
const qualified = (s: string, name: string) => `${s}.${name.split('.').at(-1)}`;
