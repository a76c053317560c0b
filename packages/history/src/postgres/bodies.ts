import type { CallbackRef } from '../events.ts';
import { type BodyHead, type BodyStore, HEAD_LENGTH } from '../store/bodies.ts';
import { beyond } from './all.ts';
import { refOf } from './read-rows.ts';
import type { Run } from './run.ts';
import { toBytes, toText } from './text.ts';

const PORTION = 1000;

export function createBodyStore(run: Run): BodyStore {
  return {
    heads: () => readHeads(run),
    async read(refs) {
      if (refs.length === 0) return [];
      const rows = await run.with((sql, s) =>
        sql(
          `SELECT b.* FROM ${s}.bodies b JOIN unnest($1::bigint[], $2::text[]) AS r (received_at, key) ON ${isIn(refs)}`,
          refsIn(refs),
        ),
      );
      return rows.map((row) => ({ ...refOf(row), body: toText(row['body']) }));
    },
    async replace(changes) {
      if (changes.length === 0) return 0;
      const values = [...refsIn(changes), changes.map(({ was }) => toBytes(was)), changes.map(({ body }) => toBytes(body))];
      const rows = await run.with((sql, s) =>
        sql(
          `UPDATE ${s}.bodies b SET body = r.body
            FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bytea[]) AS r (received_at, key, was, body)
            WHERE ${isIn(changes)} AND b.body = r.was RETURNING 1`,
          values,
        ),
      );
      return rows.length;
    },
  };
}

const refsIn = (refs: readonly CallbackRef[]) => [refs.map(({ receivedAt }) => receivedAt), refs.map(({ key }) => key)];

/** The bounds let the planner leave out other days. */
function isIn(refs: readonly CallbackRef[]): string {
  const times = refs.map(({ receivedAt }) => receivedAt);
  const days = `b.received_at BETWEEN ${Math.min(...times)} AND ${Math.max(...times)}`;
  return `b.received_at = r.received_at AND b.key = r.key AND ${days}`;
}

/** In order of time. */
async function* readHeads(run: Run): AsyncGenerator<BodyHead[]> {
  for (let after: CallbackRef = { receivedAt: Number.MIN_SAFE_INTEGER, key: '' }; ;) {
    const from = [after.receivedAt, after.key];
    const rows = await run.with((sql, s) =>
      sql(
        `SELECT b.received_at, b.key, substring(b.body from 1 for ${HEAD_LENGTH}) AS head FROM ${s}.bodies b
          WHERE ${beyond('b')} ORDER BY b.received_at, b.key LIMIT ${PORTION}`,
        from,
      ),
    );
    const heads = rows.map((row) => ({ ...refOf(row), head: toText(row['head']) }));
    if (heads.length > 0) yield heads;
    const last = heads.at(-1);
    if (last === undefined || heads.length < PORTION) return;
    after = last;
  }
}
