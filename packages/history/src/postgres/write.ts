import { newestStates, rankOf } from '../store/newest-state.ts';
import type { ActionRow, AttemptRow, DeliveryRow, GapRow, HistoryRows, RefusalRow, RepeatRow } from '../store/rows.ts';
import type { Database, Sql } from './connect.ts';
import { stateOf } from './errors.ts';
import { type Column, inOrder, insertRows, nameOfRef, uniqueBy } from './insert.ts';
import type { Names } from './names.ts';
import { dayOf, type Partitions } from './partitions.ts';
import { fromText, toBytes } from './text.ts';
import { faultNumber, outcomeNumber } from './values.ts';
import { numbered, writeCallbacks } from './write-callbacks.ts';

/** Deadlocks and removed tasks: it begins again. */
const BEGINS = 3;

type Deps = { readonly database: Database; readonly s: string; readonly names: Names; readonly partitions: Partitions };

/** Writes rows in one transaction. Writing the same again changes nothing. */
export function createWriter({ database, s, names, partitions }: Deps): (rows: HistoryRows, now: number) => Promise<void> {
  return async (rows, now) => {
    const { callbacks, repeats, attempts } = rows;
    const deliveries = inOrder(newestStates(rows.deliveries));
    const times = [callbacks, repeats, deliveries, attempts].flatMap((each) => each.map(({ receivedAt }) => dayOf(receivedAt)));
    await partitions.ensure(times, now);
    const outputs = await names.numbersOf(
      'output',
      [...deliveries, ...attempts].map(({ output }) => output),
    );
    const writtenCallbacks = await numbered(callbacks, names);
    await again(() =>
      database.transaction(async (sql) => {
        await insertRows(sql, deliveriesOf(s, deliveries, outputs));
        await noteParking(sql, s, { rows: deliveries, outputs });
        await insertRows(sql, attemptsOf(s, attempts, outputs));
        await insertRows(sql, repeatsOf(s, repeats));
        await writeSmall(sql, s, rows);
        await writeCallbacks(sql, s, writtenCallbacks);
      }),
    );
  };
}

async function again(work: () => Promise<void>): Promise<void> {
  for (let begun = 1; ; begun += 1) {
    try {
      return await work();
    } catch (error) {
      if (begun === BEGINS || !['40001', '40P01'].includes(stateOf(error) ?? '')) throw error;
    }
  }
}

type Outputs = ReadonlyMap<string, number>;
type Insert<T> = Parameters<typeof insertRows<T>>[1];

const refColumns: readonly Column<{ receivedAt: number; key: string }>[] = [
  { name: 'received_at', type: 'bigint', of: ({ receivedAt }) => receivedAt },
  { name: 'key', type: 'text', of: ({ key }) => key },
];

const deliveriesOf = (s: string, rows: readonly DeliveryRow[], outputs: Outputs): Insert<DeliveryRow> => ({
  into: `${s}.deliveries`,
  columns: [
    ...refColumns,
    { name: 'output', type: 'int', of: ({ output }) => outputs.get(output) },
    { name: 'state', type: 'smallint', of: ({ state }) => rankOf(state) },
    { name: 'at', type: 'bigint', of: ({ at }) => at },
    { name: 'next_at', type: 'bigint', of: ({ nextAt }) => nextAt },
    { name: 'fault', type: 'smallint', of: ({ fault }) => faultNumber(fault) },
    { name: 'reason', type: 'text', of: ({ reason }) => fromText(reason) },
    { name: 'changed', type: 'boolean', of: ({ changed }) => changed === true },
  ],
  rows,
  conflict: `(output, received_at, key) DO UPDATE SET state = excluded.state, at = excluded.at, next_at = excluded.next_at,
    reason = excluded.reason, fault = excluded.fault, changed = excluded.changed
    WHERE (excluded.changed OR excluded.state > 0, excluded.at, excluded.state, coalesce(excluded.next_at, 0),
      coalesce(excluded.reason, ''), excluded.changed) > (old.changed OR old.state > 0, old.at, old.state,
      coalesce(old.next_at, 0), coalesce(old.reason, ''), old.changed)`,
});

/** Whatever state wins, what is known of its last parking stays. The insert has locked the rows. */
async function noteParking(sql: Sql, s: string, { rows, outputs }: { rows: readonly DeliveryRow[]; outputs: Outputs }) {
  const parked = rows.filter(({ parkedAt, returnedAt }) => (parkedAt ?? returnedAt) !== undefined);
  if (parked.length === 0) return;
  await sql(
    `UPDATE ${s}.deliveries d SET parked_at = greatest(d.parked_at, g.parked_at), returned_at = greatest(d.returned_at, g.returned_at)
      FROM unnest($1::int[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[]) AS g (output, received_at, key, parked_at, returned_at)
      WHERE d.output = g.output AND d.received_at = g.received_at AND d.key = g.key`,
    [
      parked.map(({ output }) => outputs.get(output)),
      parked.map(({ receivedAt }) => receivedAt),
      parked.map(({ key }) => key),
      parked.map(({ parkedAt }) => parkedAt ?? null),
      parked.map(({ returnedAt }) => returnedAt ?? null),
    ],
  );
}

const attemptsOf = (s: string, rows: readonly AttemptRow[], outputs: Outputs): Insert<AttemptRow> => ({
  into: `${s}.attempts`,
  columns: [
    ...refColumns,
    { name: 'output', type: 'int', of: ({ output }) => outputs.get(output) },
    { name: 'number', type: 'int', of: ({ number }) => number },
    { name: 'at', type: 'bigint', of: ({ at }) => at },
    { name: 'ms', type: 'int', of: ({ ms }) => ms },
    { name: 'outcome', type: 'smallint', of: ({ outcome }) => outcomeNumber(outcome) },
    { name: 'status', type: 'int', of: ({ status }) => status },
    { name: 'fault', type: 'smallint', of: ({ fault }) => faultNumber(fault) },
    { name: 'next_at', type: 'bigint', of: ({ nextAt }) => nextAt },
    { name: 'reason', type: 'text', of: ({ reason }) => fromText(reason) },
    { name: 'answer', type: 'bytea', of: ({ answer }) => (answer === undefined ? null : toBytes(answer)) },
  ],
  rows: inOrder(rows),
  conflict: 'DO NOTHING',
});

const repeatsOf = (s: string, rows: readonly RepeatRow[]): Insert<RepeatRow> => ({
  into: `${s}.repeats`,
  columns: [...refColumns, { name: 'conflict', type: 'boolean', of: ({ as }) => as === 'conflict' }],
  rows: inOrder(uniqueBy(rows, nameOfRef, (row) => row.as === 'conflict')),
  conflict: '(key, received_at) DO UPDATE SET conflict = true WHERE excluded.conflict AND NOT old.conflict',
});

async function writeSmall(sql: Sql, s: string, { refusals, actions, gaps }: HistoryRows): Promise<void> {
  await insertRows(sql, refusalsOf(s, refusals));
  await insertRows(sql, actionsOf(s, actions));
  await insertRows(sql, {
    into: `${s}.action_callbacks`,
    columns: [...refColumns, { name: 'action', type: 'text', of: ({ id }: { id: string }) => fromText(id) }],
    rows: actions.flatMap(({ id, callbacks }) => callbacks.map(({ receivedAt, key }) => ({ id, receivedAt, key }))),
    conflict: 'DO NOTHING',
  });
  await insertRows(sql, gapsOf(s, gaps));
}

const refusalsOf = (s: string, rows: readonly RefusalRow[]): Insert<RefusalRow> => ({
  into: `${s}.refusals`,
  columns: [
    { name: 'minute', type: 'bigint', of: ({ minute }) => minute },
    { name: 'process', type: 'text', of: ({ process }) => fromText(process) },
    { name: 'code', type: 'text', of: ({ code }) => fromText(code) },
    { name: 'source', type: 'text', of: ({ source = '' }) => fromText(source) },
    { name: 'count', type: 'int', of: ({ count }) => count },
  ],
  rows: uniqueBy(
    rows,
    ({ minute, process, code, source = '' }) => JSON.stringify([minute, process, code, source]),
    (row, over) => row.count > over.count,
  ),
  conflict: '(minute, process, code, source) DO UPDATE SET count = excluded.count WHERE excluded.count > old.count',
});

const actionsOf = (s: string, rows: readonly ActionRow[]): Insert<ActionRow> => ({
  into: `${s}.actions`,
  columns: [
    { name: 'id', type: 'text', of: ({ id }) => fromText(id) },
    { name: 'at', type: 'bigint', of: ({ at }) => at },
    { name: '"by"', type: 'text', of: ({ by }) => fromText(by) },
    { name: 'command', type: 'text', of: ({ command }) => fromText(command) },
    { name: 'facts', type: 'text', of: ({ facts }) => JSON.stringify(facts) },
  ],
  rows,
  conflict: 'DO NOTHING',
});

/** A gap grows while it lasts. */
const gapsOf = (s: string, rows: readonly GapRow[]): Insert<GapRow> => ({
  into: `${s}.gaps`,
  columns: [
    { name: 'id', type: 'text', of: ({ id }) => fromText(id) },
    { name: 'since', type: 'bigint', of: ({ from }) => from },
    { name: 'until', type: 'bigint', of: ({ to }) => to },
    { name: 'callbacks', type: 'bigint', of: ({ callbacks }) => callbacks },
    { name: 'attempts', type: 'bigint', of: ({ attempts }) => attempts },
    { name: 'reason', type: 'text', of: ({ reason }) => fromText(reason) },
  ],
  rows: uniqueBy(
    rows,
    ({ id }) => id,
    (row, over) => row.to >= over.to,
  ),
  conflict: `(id) DO UPDATE SET since = least(old.since, excluded.since), until = greatest(old.until, excluded.until),
    callbacks = greatest(old.callbacks, excluded.callbacks), attempts = greatest(old.attempts, excluded.attempts)`,
});
