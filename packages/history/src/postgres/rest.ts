import { REST_KINDS, type RestCount, type RestEntry, type RestFilter, type Resting, type RestStore } from '../store/rest.ts';
import { and, type Clause, clause, statement } from './clause.ts';
import type { Row } from './connect.ts';
import type { Place } from './filter-parts.ts';
import { type Column, insertRows, uniqueBy } from './insert.ts';
import { fromText, optionalNumber, optionalText, toBytes, toText } from './text.ts';
import type { Run } from './run.ts';
import { faultNumber, faultOf } from './values.ts';

/** `''`: none. */
const outputOf = (output: string | undefined) => fromText(output ?? '');
const kindOf = (kind: RestEntry['kind']) => REST_KINDS.indexOf(kind);

type Sized = RestEntry & { readonly round: number; readonly bytes: Buffer };

const COLUMNS: readonly Column<Sized>[] = [
  { name: 'received_at', type: 'bigint', of: ({ receivedAt }) => receivedAt },
  { name: 'at', type: 'bigint', of: ({ at }) => at },
  { name: 'round', type: 'bigint', of: ({ round }) => round },
  { name: 'place', type: 'bigint', of: ({ place }) => place },
  { name: 'attempts', type: 'int', of: ({ attempts }) => attempts },
  { name: 'size', type: 'int', of: ({ payload }) => Buffer.byteLength(payload) },
  { name: 'kind', type: 'smallint', of: ({ kind }) => kindOf(kind) },
  { name: 'fault', type: 'smallint', of: ({ fault }) => faultNumber(fault) },
  { name: 'id', type: 'text', of: ({ id }) => fromText(id) },
  { name: 'output', type: 'text', of: ({ output }) => outputOf(output) },
  { name: 'key', type: 'text', of: ({ key }) => fromText(key) },
  { name: 'request_id', type: 'text', of: ({ requestID }) => fromText(requestID) },
  { name: 'source', type: 'text', of: ({ source }) => fromText(source) },
  { name: 'account', type: 'text', of: ({ account }) => fromText(account) },
  { name: 'type', type: 'text', of: ({ type }) => fromText(type) },
  { name: 'batch', type: 'text', of: ({ batch }) => fromText(batch) },
  { name: 'reason', type: 'text', of: ({ reason }) => fromText(reason) },
  { name: 'code', type: 'text', of: ({ code }) => fromText(code) },
  { name: 'payload', type: 'bytea', of: ({ bytes }) => bytes },
];

const AGAIN = `(id) DO UPDATE SET reason = excluded.reason, code = excluded.code, fault = excluded.fault, attempts = excluded.attempts,
  batch = excluded.batch, round = greatest(old.round + 1, excluded.round), size = excluded.size, payload = excluded.payload`;

/** `SET LOCAL synchronous_commit`: a role or database may have it off, and what rests MUST be durable. */
const DURABLE = 'SET LOCAL synchronous_commit = on';

export function createRestStore(run: Run, place: () => Promise<Place>): RestStore {
  return {
    put: (entries) => putEntries(run, place, entries),
    oldest: ({ kind, output, shard = { number: 0, of: 1 } }, limit) =>
      run.with(async (sql, s) => {
        const clauses = [clause('kind = ?', kindOf(kind)), clause('place % ?::bigint = ?', shard.of, shard.number)];
        if (output !== undefined) clauses.push(clause('output = ?', outputOf(output)));
        const { sql: where, values } = and(clauses);
        const order = `ORDER BY received_at, id LIMIT ${Math.trunc(limit)}`;
        return (await sql(...statement({ sql: `SELECT * FROM ${s}.rest WHERE ${where} ${order}`, values }))).map(readResting);
      }),
    remove: (entries) =>
      run.transaction(async (sql, s) => {
        await sql(DURABLE);
        const rows = await sql(
          `DELETE FROM ${s}.rest r USING unnest($1::text[], $2::bigint[]) AS g (id, round) WHERE r.id = g.id AND r.round = g.round RETURNING 1`,
          [entries.map(({ id }) => fromText(id)), entries.map(({ round }) => round)],
        );
        return rows.length;
      }),
    replace: (entries) => replacePayloads(run, entries),
    find: (filter, { limit, after }) =>
      run.with(async (sql, s) => {
        const clauses = clausesOf(filter, (await place()).letters);
        if (after !== undefined) clauses.push(clause('(at, id) < (?::bigint, ?::text)', after.at, fromText(after.id)));
        const { sql: where, values } = and(clauses);
        const order = `ORDER BY at DESC, id DESC LIMIT ${Math.trunc(limit)}`;
        return (await sql(...statement({ sql: `SELECT * FROM ${s}.rest WHERE ${where} ${order}`, values }))).map(readResting);
      }),
    counts: () =>
      run.with(async (sql, s) => {
        const rows = await sql(`SELECT c.*, (
          SELECT min(received_at) FROM ${s}.rest r WHERE r.kind = c.kind AND r.output = c.output
        ) AS oldest FROM ${s}.rest_counts c WHERE entries > 0 ORDER BY kind, output`);
        return rows.map(readCount);
      }),
  };
}

async function replacePayloads(run: Run, entries: Parameters<RestStore['replace']>[0]): Promise<number> {
  if (entries.length === 0) return 0;
  const rows = await run.with((sql, s) =>
    sql(
      `UPDATE ${s}.rest r SET payload = g.payload, size = g.size
        FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::bytea[], $5::int[]) AS g (id, round, was, payload, size)
        WHERE r.id = g.id AND r.round = g.round AND r.payload = g.was RETURNING 1`,
      [
        entries.map(({ id }) => fromText(id)),
        entries.map(({ round }) => round),
        entries.map(({ was }) => toBytes(was)),
        entries.map(({ payload }) => toBytes(payload)),
        entries.map(({ payload }) => Buffer.byteLength(payload)),
      ],
    ),
  );
  return rows.length;
}

async function putEntries(run: Run, place: () => Promise<Place>, entries: readonly RestEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await place();
  await run.transaction(async (sql, s) => {
    await sql(DURABLE);
    const [row] = await sql(`SELECT nextval('${s.replaceAll("'", "''")}.rounds') AS round`);
    const round = Number(row?.['round']);
    const last = uniqueBy(entries, ({ id }) => id).toSorted((a, b) => Number(a.id > b.id) - Number(a.id < b.id));
    const rows = last.map((entry) => ({ ...entry, round, bytes: toBytes(entry.payload) }));
    await insertRows(sql, { into: `${s}.rest`, columns: COLUMNS, rows, conflict: AGAIN });
  });
}

function clausesOf({ kinds, output, source, id, reason, since, until }: RestFilter, letters: string): Clause[] {
  const clauses: Clause[] = [];
  if (kinds !== undefined) clauses.push(clause('kind = ANY (?::smallint[])', kinds.map(kindOf)));
  if (output !== undefined) clauses.push(clause('output = ?', outputOf(output)));
  if (source !== undefined) clauses.push(clause('source = ?', fromText(source)));
  if (id !== undefined) clauses.push(clause('id = ? OR request_id = ? OR key = ?', fromText(id), fromText(id), fromText(id)));
  if (reason !== undefined)
    clauses.push(clause(`position(lower(?::text${letters}) in lower(reason${letters})) > 0`, fromText(reason)));
  if (since !== undefined) clauses.push(clause('at >= ?', since));
  if (until !== undefined) clauses.push(clause('at <= ?', until));
  return clauses;
}

const readResting = (row: Row): Resting => ({
  id: toText(row['id']),
  kind: REST_KINDS[Number(row['kind'])] ?? 'dead-letter',
  output: row['output'] === '' ? undefined : toText(row['output']),
  key: toText(row['key']),
  place: Number(row['place']),
  requestID: toText(row['request_id']),
  source: toText(row['source']),
  account: toText(row['account']),
  type: optionalText(row['type']),
  batch: optionalText(row['batch']),
  receivedAt: Number(row['received_at']),
  at: Number(row['at']),
  reason: optionalText(row['reason']),
  code: optionalText(row['code']),
  fault: faultOf(row['fault']),
  attempts: optionalNumber(row['attempts']),
  payload: toText(row['payload']),
  round: Number(row['round']),
});

const readCount = (row: Row): RestCount => ({
  kind: REST_KINDS[Number(row['kind'])] ?? 'dead-letter',
  output: row['output'] === '' ? undefined : toText(row['output']),
  count: Number(row['entries']),
  bytes: Number(row['size']),
  oldest: Number(row['oldest']),
});
