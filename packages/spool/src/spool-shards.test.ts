import { DatabaseSync } from 'node:sqlite';
import { type Callback, callbackKey, shardOf } from '@ringback/contracts';
import { describe, expect, it } from 'vitest';
import type { Spool } from './spool.ts';
import { batch, callback, fill, open, openAll, spoolPath, takeAll } from './test-spool.ts';

const SHARDS = 4;
const shardOfCallback = (of: Callback, shards = SHARDS) => shardOf(callbackKey(of), shards);
/** A callback for each of these shards. */
const callbacksOf = (count: number) => Array.from({ length: count }, (_, index) => callback(`r${index}`));
const ids = (spool: Spool | undefined) => spool?.oldest().map(({ id }) => id);

/** As the versions before there were shards made the file, wrote and read it. */
const EARLIER = {
  table: `CREATE TABLE IF NOT EXISTS batches (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL, at INTEGER NOT NULL, size INTEGER NOT NULL, callbacks TEXT NOT NULL, aside INTEGER NOT NULL DEFAULT 0
  ) STRICT`,
  insert: 'INSERT INTO batches (id, at, size, callbacks) VALUES (?, ?, ?, ?)',
  select: 'SELECT row, id, callbacks FROM batches WHERE row > ? AND NOT aside ORDER BY row',
};

function withFile<T>(path: string, use: (file: DatabaseSync) => T): T {
  const file = new DatabaseSync(path);
  try {
    return use(file);
  } finally {
    file.close();
  }
}

/** Writes as an earlier version does, and returns all that it reads. */
function earlierVersion(path: string, id: string): string[] {
  return withFile(path, (file) => {
    file.exec(EARLIER.table);
    file.prepare(EARLIER.insert).run(id, Date.now(), 1, JSON.stringify([callback(`${id}-only`)]));
    return file
      .prepare(EARLIER.select)
      .all(0)
      .map((row) => String(row['id']));
  });
}

describe('a spool of several shards', () => {
  it('shows each shard its own batches, in order, over a restart, and over a change of the number', () => {
    const path = spoolPath();
    const all = callbacksOf(40);
    const spools = openAll(path, SHARDS);
    for (const one of all) spools[shardOfCallback(one)]?.put(batch(one.id, one));
    const expected = (shards: number) =>
      Array.from({ length: shards }, (_, shard) =>
        all.filter((one) => shardOfCallback(one, shards) === shard).map(({ id }) => id),
      );
    expect(spools.map(ids)).toEqual(expected(SHARDS));
    for (const spool of spools) spool.close();

    for (const shards of [SHARDS, 1, 8]) {
      const again = openAll(path, shards);
      expect(again.map(ids)).toEqual(expected(shards));
      expect(again.map((spool) => spool.size())).toEqual(expected(shards).map(({ length }) => length));
      for (const spool of again) spool.close();
    }
    const [first, ...others] = openAll(path, SHARDS);
    const left = others.map(ids);
    if (first) takeAll(first);
    expect([ids(first), first?.size(), others.map(ids)]).toEqual([[], 0, left]);
  });

  it('finds the batches of one shard without a look at those of others', () => {
    const path = spoolPath();
    for (const spool of openAll(path, SHARDS)) spool.close();
    const plan = withFile(path, (file) =>
      file
        .prepare(
          'EXPLAIN QUERY PLAN SELECT row, id, callbacks FROM batches WHERE row > 0 AND NOT aside AND place % 4 = 1 ORDER BY row',
        )
        .all(),
    );
    expect(plan.map((step) => String(step['detail']))).toEqual([expect.stringMatching(/USING INDEX of_shard/)]);
  });

  it('has one bound for all', () => {
    const [one, other] = openAll(spoolPath(), 2, { maxBytes: 1024 * 1024 });
    if (!one || !other) throw new Error('no spool');
    fill(one);
    fill(one, 1);
    expect(() => other.put(batch('b', callback('b', 'x'.repeat(8192))))).toThrow(
      expect.objectContaining({ code: 'RB_SPOOL_FULL' }),
    );
    expect([one.refusal(), other.refusal()]).toMatchObject([{ code: 'RB_SPOOL_FULL' }, { code: 'RB_SPOOL_FULL' }]);
  });

  it('takes the batches of one shard while those of another are too old', () => {
    let now = 1_000_000;
    const all = callbacksOf(10);
    const spools = openAll(spoolPath(), 2, { maxAge: 1000, now: () => now });
    const [old, young] = [0, 1].map((shard) => all.find((one) => shardOfCallback(one, 2) === shard));
    if (!old || !young) throw new Error('none');
    spools[0]?.put(batch('old', old));
    now += 1001;
    spools[1]?.put(batch('young', young));
    expect(() => spools[0]?.put(batch('late', old))).toThrow(expect.objectContaining({ code: 'RB_SPOOL_FULL' }));
    expect(spools.map((spool) => spool.refusal()?.code)).toEqual(['RB_SPOOL_FULL', undefined]);
    expect(spools.map(ids)).toEqual([['old'], ['young']]);
  });
});

describe('a spool of an earlier version', () => {
  it('is read, and what it held belongs to the first shard', () => {
    const path = spoolPath();
    earlierVersion(path, 'left');
    const spools = openAll(path, SHARDS);
    expect(spools.map(ids)).toEqual([['left'], [], [], []]);
  });

  it('can be gone back to, and forward again', () => {
    const path = spoolPath();
    const one = callback('one');
    const before = openAll(path, SHARDS);
    before[shardOfCallback(one)]?.put(batch('new', one));
    for (const spool of before) spool.close();
    expect(earlierVersion(path, 'back')).toEqual(['new', 'back']);
    expect(ids(open(path))).toEqual(['new', 'back']);
  });

  it('is read if it is full to its bound, and becomes empty', () => {
    const path = spoolPath();
    const maxBytes = 1024 * 1024;
    withFile(path, (file) => {
      file.exec(
        `PRAGMA synchronous = OFF; PRAGMA auto_vacuum = FULL; PRAGMA max_page_count = ${maxBytes / 4096}; ${EARLIER.table}`,
      );
      const insert = file.prepare(EARLIER.insert);
      for (const size of [20_000, 100])
        expect(() => {
          for (;;) insert.run(`b${size}`, Date.now(), 1, JSON.stringify([callback('c', 'x'.repeat(size))]));
        }).toThrow(/full/);
    });
    const [first, ...others] = openAll(path, SHARDS, { maxBytes });
    if (!first) throw new Error('no spool');
    const size = first.size();
    expect(size).toBeGreaterThan(40);
    expect(takeAll(first)).toHaveLength(size);
    expect([first.refusal(), ...others.map(ids)]).toEqual([undefined, [], [], []]);
  });
});
