import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { REST_KINDS, type RestCount, type RestEntry, type RestFilter, type Resting, type RestStore } from '../store/rest.ts';
import { and, type Clause } from './filter-parts.ts';
import { fromFault, fromText, optionalNumber, optionalText, type Row, toFault, toText } from './values.ts';

/** How the store runs its work: in one transaction, or as reads. A failure becomes a coded error. */
export type Run = {
  readonly write: <T>(work: () => T) => Promise<T>;
  readonly read: <T>(work: () => T) => Promise<T>;
};

/** `''`: none. */
const outputOf = (output: string | undefined) => output ?? '';
const kindOf = (kind: RestEntry['kind']) => REST_KINDS.indexOf(kind);

export function createRestStore(file: DatabaseSync, { write, read }: Run): RestStore {
  const put = restWriter(file);
  const oldest = oldestReader(file);
  const remove = file.prepare('DELETE FROM rest WHERE id = ? AND round = ?');
  const replace = file.prepare('UPDATE rest SET payload = ?, size = ? WHERE id = ? AND round = ? AND payload = ?');
  const counts = file.prepare(`SELECT kind, output, entries, size, (
    SELECT min(receivedAt) FROM rest r WHERE r.kind = c.kind AND r.output = c.output
  ) AS oldest FROM rest_counts c WHERE entries > 0 ORDER BY kind, output`);
  return {
    put: (entries) => write(() => put(entries)),
    oldest: (wanted, limit) => read(() => oldest(wanted, limit)),
    remove: (entries) =>
      write(() => entries.reduce((sum, { id, round }) => sum + Number(remove.run(fromText(id), round).changes), 0)),
    replace: (entries) =>
      write(() =>
        entries.reduce((sum, { id, round, payload, was }) => {
          const changed = [fromText(payload), Buffer.byteLength(payload)] as const;
          return sum + Number(replace.run(...changed, fromText(id), round, fromText(was)).changes);
        }, 0),
      ),
    find: (filter, { limit, after }) =>
      read(() => {
        const { sql, values } = selectNewest(filter, after);
        return file
          .prepare(`${sql} ORDER BY at DESC, id DESC LIMIT ?`)
          .all(...values, limit)
          .map(readResting);
      }),
    counts: () => read(() => counts.all().map(readCount)),
  };
}

/** The index gives order within an output: without one, each output's oldest are merged. */
function oldestReader(file: DatabaseSync): (wanted: Parameters<RestStore['oldest']>[0], limit: number) => Resting[] {
  const outputs = file.prepare('SELECT output FROM rest_counts WHERE kind = ? AND entries > 0');
  const oldest = file.prepare(
    'SELECT * FROM rest WHERE kind = ? AND output = ? AND place % ? = ? ORDER BY receivedAt, id LIMIT ?',
  );
  return ({ kind, output, shard = { number: 0, of: 1 } }, limit) => {
    const all = output === undefined ? outputs.all(kindOf(kind)).map((row) => String(row['output'])) : [output];
    const found = all.flatMap((each) => oldest.all(kindOf(kind), each, shard.of, shard.number, limit)).map(readResting);
    if (all.length < 2) return found;
    return found.toSorted((one, other) => one.receivedAt - other.receivedAt || (one.id < other.id ? -1 : 1)).slice(0, limit);
  };
}

/** One index range for each kind, merged in order. An id has indexes of its own. */
function selectNewest(filter: RestFilter, after: Pick<Resting, 'at' | 'id'> | undefined): Clause {
  const { id, kinds = REST_KINDS } = filter;
  const from = id === undefined ? 'rest INDEXED BY rest_by_time' : 'rest';
  const later: Clause[] = after ? [{ sql: '(at, id) < (?, ?)', values: [after.at, fromText(after.id)] }] : [];
  const parts = [...new Set(kinds)].map((kind) =>
    and([{ sql: 'kind = ?', values: [kindOf(kind)] }, ...clausesOf(filter), ...later]),
  );
  return {
    sql: parts.map(({ sql }) => `SELECT * FROM ${from} WHERE ${sql}`).join(' UNION ALL ') || 'SELECT * FROM rest WHERE 0',
    values: parts.flatMap(({ values }) => values),
  };
}

function restWriter(file: DatabaseSync): (entries: readonly RestEntry[]) => void {
  const round = file.prepare('UPDATE rounds SET last = last + 1 RETURNING last');
  const upsert = file.prepare(`INSERT INTO rest VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, code = excluded.code, fault = excluded.fault, attempts = excluded.attempts,
      batch = excluded.batch, round = excluded.round, size = excluded.size, payload = excluded.payload`);
  return (entries) => {
    if (entries.length === 0) return;
    const last = Number(round.get()?.['last']);
    for (const entry of entries) {
      const { kind, output, place, receivedAt, at, code, fault, attempts, payload } = entry;
      const names = [entry.requestID, entry.source, entry.account, entry.type, entry.batch].map((text) => fromText(text));
      upsert.run(
        fromText(entry.id),
        kindOf(kind),
        outputOf(output),
        fromText(entry.key),
        place,
        ...names,
        receivedAt,
        at,
        fromText(entry.reason),
        code ?? null,
        fromFault(fault),
        attempts ?? null,
        last,
        Buffer.byteLength(payload),
        fromText(payload),
      );
    }
  };
}

function clausesOf({ output, source, id, reason, since, until }: RestFilter): Clause[] {
  const clauses: Clause[] = [];
  const add = (sql: string, ...values: SQLInputValue[]) => clauses.push({ sql, values });
  if (output !== undefined) add('output = ?', output);
  if (source !== undefined) add('source = ?', source);
  if (id !== undefined) add('id = ? OR requestID = ? OR key = ?', ...Array.from({ length: 3 }, () => fromText(id)));
  if (reason !== undefined) add('contains(reason, ?)', fromText(reason.toLowerCase()));
  if (since !== undefined) add('at >= ?', since);
  if (until !== undefined) add('at <= ?', until);
  return clauses;
}

function readResting(row: Row): Resting {
  const output = optionalText(row['output']);
  return {
    id: toText(row['id']),
    kind: REST_KINDS[Number(row['kind'])] ?? 'dead-letter',
    output: output === '' ? undefined : output,
    key: toText(row['key']),
    place: Number(row['place']),
    requestID: toText(row['requestID']),
    source: toText(row['source']),
    account: toText(row['account']),
    type: optionalText(row['type']),
    batch: optionalText(row['batch']),
    receivedAt: Number(row['receivedAt']),
    at: Number(row['at']),
    reason: optionalText(row['reason']),
    code: optionalText(row['code']),
    fault: toFault(row['fault']),
    attempts: optionalNumber(row['attempts']),
    payload: toText(row['payload']),
    round: Number(row['round']),
  };
}

function readCount(row: Row): RestCount {
  const output = String(row['output']);
  return {
    kind: REST_KINDS[Number(row['kind'])] ?? 'dead-letter',
    output: output === '' ? undefined : output,
    count: Number(row['entries']),
    bytes: Number(row['size']),
    oldest: Number(row['oldest']),
  };
}
