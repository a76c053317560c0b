import type { CallbackRef } from '../events.ts';
import { waitsAnew, withLastRetry } from '../store/newest-state.ts';
import type { ActionRow, AttemptRow, DeliveryRow } from '../store/rows.ts';
import type { CallbackStory, FoundCallback } from '../store/store.ts';
import type { Row, Sql } from './connect.ts';
import { nameOfRef, uniqueBy } from './insert.ts';
import type { Names } from './names.ts';
import { readAction, readAttempts, readCallbacks, readDeliveries, refOf, selectCallbacks } from './read-rows.ts';

export type CallbackReader = {
  /** In the order of `refs`. Those that are not there are left out. */
  readonly found: (refs: readonly CallbackRef[], bodies: boolean) => Promise<FoundCallback[]>;
  readonly stories: (refs: readonly CallbackRef[]) => Promise<CallbackStory[]>;
};

/** `r`: what is asked for. The bounds let the planner leave out other days. */
const given = (refs: readonly CallbackRef[]) => {
  const times = refs.map(({ receivedAt }) => receivedAt);
  return {
    values: [times, refs.map(({ key }) => key)],
    table: 'unnest($1::bigint[], $2::text[]) AS r (received_at, key)',
    on: (t: string) =>
      `${t}.received_at = r.received_at AND ${t}.key = r.key AND ${t}.received_at BETWEEN ${Math.min(...times)} AND ${Math.max(...times)}`,
  };
};

export function createCallbackReader(sql: Sql, s: string, names: Names): CallbackReader {
  const found = async (refs: readonly CallbackRef[], bodies: boolean): Promise<FoundCallback[]> => {
    if (refs.length === 0) return [];
    const { values, table, on } = given(refs);
    const rows = await sql(`${selectCallbacks(s, { bodies })} JOIN ${table} ON ${on('c')}`, values);
    const callbacks = new Map((await readCallbacks(names, rows)).map((row) => [nameOfRef(row), row]));
    const deliveries = await deliveriesOf(sql, s, { names, refs });
    const repeats = await countRepeats(sql, s, refs);
    return refs.flatMap((ref) => {
      const name = nameOfRef(ref);
      const row = callbacks.get(name);
      if (row === undefined) return [];
      return [{ ...row, repeats: repeats.get(name) ?? NO_REPEATS, deliveries: deliveries.get(name) ?? [] }];
    });
  };
  const stories = async (refs: readonly CallbackRef[]): Promise<CallbackStory[]> => {
    const callbacks = await found(refs, true);
    if (callbacks.length === 0) return [];
    const { values, table, on } = given(callbacks);
    const attempts = await attemptsOf(sql, s, { names, refs: callbacks });
    const actionRows = await sql(
      `SELECT a.*, r.received_at, r.key FROM ${table} JOIN ${s}.action_callbacks c ON ${on('c')} JOIN ${s}.actions a ON a.id = c.action ORDER BY a.at, a.id`,
      values,
    );
    const actions = groupActions(actionRows);
    return callbacks.map((callback) => {
      const name = nameOfRef(callback);
      return { ...callback, attempts: attempts.get(name) ?? [], actions: actions.get(name) ?? [] };
    });
  };
  return { found, stories };
}

const NO_REPEATS = { duplicates: 0, conflicts: 0 };

type Asked = { readonly names: Names; readonly refs: readonly CallbackRef[] };

/** In order of time. */
async function attemptsOf(sql: Sql, s: string, { names, refs }: Asked): Promise<Map<string, AttemptRow[]>> {
  const { values, table, on } = given(refs);
  const rows = await sql(`SELECT a.* FROM ${table} JOIN ${s}.attempts a ON ${on('a')} ORDER BY a.at, a.number`, values);
  return grouped(await readAttempts(names, rows));
}

type Delivered = { readonly names: Names; readonly deliveries: readonly DeliveryRow[] };

async function withRetries(sql: Sql, s: string, { names, deliveries }: Delivered): Promise<readonly DeliveryRow[]> {
  const refs = uniqueBy(deliveries.filter(waitsAnew), nameOfRef, () => false);
  if (refs.length === 0) return deliveries;
  const attempts = await attemptsOf(sql, s, { names, refs });
  return deliveries.map((row) => withLastRetry(row, attempts.get(nameOfRef(row)) ?? []));
}

async function deliveriesOf(sql: Sql, s: string, { names, refs }: Asked): Promise<Map<string, DeliveryRow[]>> {
  const { values, table, on } = given(refs);
  // The index begins with the output.
  const outputs = (await names.all('output')).map(({ n }) => n);
  const rows = await sql(`SELECT d.* FROM ${table} JOIN ${s}.deliveries d ON d.output = ANY ($3::int[]) AND ${on('d')}`, [
    ...values,
    outputs,
  ]);
  const read = await withRetries(sql, s, { names, deliveries: await readDeliveries(names, rows) });
  return grouped(read.toSorted((a, b) => Number(a.output > b.output) - Number(a.output < b.output)));
}

function grouped<T extends CallbackRef>(rows: readonly T[]): Map<string, T[]> {
  return Map.groupBy(rows, nameOfRef);
}

function groupActions(rows: readonly Row[]): Map<string, ActionRow[]> {
  const byRef = Map.groupBy(rows, (row) => nameOfRef(refOf(row)));
  return new Map([...byRef].map(([name, own]) => [name, own.map((row) => readAction(row, [refOf(row)]))]));
}

/** A repeat belongs to the last callback of its key before it; if there is none, to the first one. */
async function countRepeats(sql: Sql, s: string, refs: readonly CallbackRef[]): Promise<Map<string, FoundCallback['repeats']>> {
  const keys = [...new Set(refs.map(({ key }) => key))];
  const any = await sql(
    `SELECT k.key FROM unnest($1::text[]) AS k (key) WHERE EXISTS (SELECT FROM ${s}.repeats r WHERE r.key = k.key)`,
    [keys],
  );
  if (any.length === 0) return new Map();
  const repeated = any.map(({ key }) => String(key));
  const rows = await sql(`SELECT received_at, key FROM ${s}.callbacks WHERE key = ANY ($1::text[]) ORDER BY received_at`, [
    repeated,
  ]);
  const windows = [...Map.groupBy(rows.map(refOf), ({ key }) => key).values()].flatMap((own) =>
    own.map((ref, i) => ({ ref, from: i === 0 ? 0 : ref.receivedAt, to: own[i + 1]?.receivedAt ?? Number.MAX_SAFE_INTEGER })),
  );
  const wanted = new Set(refs.map(nameOfRef));
  const asked = windows.filter(({ ref }) => wanted.has(nameOfRef(ref)));
  const counted = await sql(
    `SELECT w.received_at, w.key, c.* FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[]) AS w (received_at, key, since, until),
      LATERAL (SELECT count(*) FILTER (WHERE NOT conflict) AS duplicates, count(*) FILTER (WHERE conflict) AS conflicts FROM ${s}.repeats r
        WHERE r.key = w.key AND r.received_at >= w.since AND r.received_at < w.until) c`,
    [
      asked.map(({ ref }) => ref.receivedAt),
      asked.map(({ ref }) => ref.key),
      asked.map(({ from }) => from),
      asked.map(({ to }) => to),
    ],
  );
  return new Map(counted.map((row) => [nameOfRef(refOf(row)), countsOf(row)]));
}

const countsOf = (row: Row) => ({ duplicates: Number(row['duplicates']), conflicts: Number(row['conflicts']) });
