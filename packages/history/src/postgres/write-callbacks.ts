import type { CallbackRow } from '../store/rows.ts';
import type { Sql } from './connect.ts';
import { type Column, inOrder, insertRows, nameOfRef, uniqueBy } from './insert.ts';
import type { Names } from './names.ts';
import { fromText, toBytes } from './text.ts';
import { prepareTasks, writeTasks } from './write-tasks.ts';

const originOf = ({ source, account, type }: Pick<CallbackRow, 'source' | 'account' | 'type'>): string =>
  JSON.stringify([source, account, type]);
const fateOf = ({ settings, fate }: CallbackRow): string => JSON.stringify([settings, fate]);

type Numbered = { readonly row: CallbackRow; readonly origin: number; readonly fate: number };

/** Numbers for the names in callbacks: before the transaction that writes them. */
export async function numbered(rows: readonly CallbackRow[], names: Names): Promise<Numbered[]> {
  const last = uniqueBy(rows, nameOfRef, (row, over) => row.dispatchedAt >= over.dispatchedAt);
  const origins = await names.numbersOf('origin', last.map(originOf));
  const fates = await names.numbersOf('fate', last.map(fateOf));
  return inOrder(last).map((row) => ({ row, origin: origins.get(originOf(row)) ?? 0, fate: fates.get(fateOf(row)) ?? 0 }));
}

type Written = Numbered & { readonly task: number | undefined };

const COLUMNS: readonly Column<Written>[] = [
  { name: 'received_at', type: 'bigint', of: ({ row }) => row.receivedAt },
  { name: '"time"', type: 'bigint', of: ({ row }) => row.time },
  { name: 'dispatched_at', type: 'bigint', of: ({ row }) => row.dispatchedAt },
  { name: 'origin', type: 'int', of: ({ origin }) => origin },
  { name: 'fate', type: 'int', of: ({ fate }) => fate },
  { name: 'task', type: 'int', of: ({ task }) => task },
  { name: 'unrouted', type: 'boolean', of: ({ row }) => (row.fate.unrouted === undefined ? null : true) },
  { name: 'order_finished', type: 'boolean', of: ({ row }) => row.subjects.orderFinished },
  { name: 'key', type: 'text', of: ({ row }) => row.key },
  { name: 'id', type: 'text', of: ({ row }) => fromText(row.id) },
  { name: 'batch', type: 'text', of: ({ row }) => fromText(row.batch) },
  { name: 'order_id', type: 'text', of: ({ row }) => fromText(row.subjects.order) },
  { name: 'call_id', type: 'text', of: ({ row }) => fromText(row.subjects.call) },
  { name: 'user_task', type: 'text', of: ({ row }) => fromText(row.subjects.userTask) },
  { name: 'about', type: 'text', of: ({ row }) => fromText(row.about) },
  { name: 'deliver_as', type: 'text', of: ({ row }) => fromText(row.deliverAs) },
  { name: 'progress', type: 'text', of: ({ row }) => row.subjects.progress && JSON.stringify(row.subjects.progress) },
];

/** A batch that ran again, perhaps with other routes: its last run counts. */
const LAST_RUN = `(received_at, key) DO UPDATE SET fate = excluded.fate, dispatched_at = excluded.dispatched_at, batch = excluded.batch,
  unrouted = excluded.unrouted, deliver_as = coalesce(excluded.deliver_as, old.deliver_as) WHERE (excluded.dispatched_at, excluded.fate) > (old.dispatched_at, old.fate)`;

/** In a transaction: all that a callback brings. */
export async function writeCallbacks(sql: Sql, s: string, rows: readonly Numbered[]): Promise<void> {
  if (rows.length === 0) return;
  const callbacks = rows.map(({ row }) => row);
  const numberOf = await prepareTasks(sql, s, callbacks);
  const written = rows.map((each) => ({ ...each, task: numberOf(each.row) }));
  await writeBodies(sql, s, callbacks);
  await insertRows(sql, { into: `${s}.callbacks`, columns: COLUMNS, rows: written, conflict: LAST_RUN });
  await writeTasks(sql, s, { callbacks, numberOf });
}

/** Before the callbacks: one that is there already had its body, which may have been removed since. */
async function writeBodies(sql: Sql, s: string, callbacks: readonly CallbackRow[]): Promise<void> {
  const rows = callbacks.flatMap(({ receivedAt, key, body }) =>
    body === undefined ? [] : [{ receivedAt, key, body: toBytes(body) }],
  );
  if (rows.length === 0) return;
  await sql(
    `INSERT INTO ${s}.bodies (received_at, key, body) SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[]) AS g (received_at, key, body)
      WHERE NOT EXISTS (SELECT FROM ${s}.callbacks c WHERE c.received_at = g.received_at AND c.key = g.key) ON CONFLICT DO NOTHING`,
    [rows.map(({ receivedAt }) => receivedAt), rows.map(({ key }) => key), rows.map(({ body }) => body)],
  );
}
