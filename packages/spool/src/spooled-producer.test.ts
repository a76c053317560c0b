import { type BatchProducer, type Batch, RingbackError } from '@ringback/contracts';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Spool } from './spool.ts';
import { createSpooledProducer } from './spooled-producer.ts';
import { batch, callback, logger, open, openAll, spoolPath } from './test-spool.ts';

const AWAY = new RingbackError('RB_QUEUE_UNAVAILABLE', 'away');

/** What stands in for Redis: takes batches, or, `away`, does not. */
function standIn() {
  const taken: string[] = [];
  let asked = 0;
  /** `refused` is not taken once. */
  const state = { away: false, refused: '', asked: () => asked, taken };
  const producer: BatchProducer = {
    async write({ id }: Batch) {
      asked += 1;
      if (state.away || id === state.refused) {
        state.refused = '';
        throw AWAY;
      }
      taken.push(id);
    },
    opened: async () => !state.away,
    notReadyReasons: async () => (state.away ? ['RB_QUEUE_UNAVAILABLE: away'] : []),
    close: async () => {},
  };
  return Object.assign(state, { producer });
}

function spooled(redis: ReturnType<typeof standIn>, spool: Spool = open(spoolPath())) {
  return { redis, spool, producer: createSpooledProducer({ producer: redis.producer, spool, now: Date.now, logger }) };
}

const drained = (spool: Spool) => vi.waitFor(() => expect(spool.size()).toBe(0), { timeout: 10_000, interval: 5 });
const messages = (log: typeof logger.info) => log.mock.calls.map(([, message]) => message);

beforeEach(() => vi.clearAllMocks());

describe('spooled producer', () => {
  it('keeps nothing that would rest on disk until a person acts, and is not ready then', async () => {
    const redis = standIn();
    const spool = open(spoolPath());
    let differs: RingbackError | undefined = new RingbackError('RB_SHARDS_DIFFER', 'another number');
    const producer = createSpooledProducer({ producer: redis.producer, spool, refusal: () => differs, now: Date.now, logger });
    redis.away = true;
    await expect(producer.write(batch('a'))).rejects.toMatchObject({ code: 'RB_SHARDS_DIFFER' });
    expect([spool.size(), await producer.notReadyReasons()]).toEqual([0, ['RB_QUEUE_UNAVAILABLE: away']]);
    differs = undefined;
    await producer.write(batch('a'));
    expect([spool.size() > 0, await producer.notReadyReasons()]).toEqual([true, []]);
    redis.away = false;
    await drained(spool);
    await producer.close();
  });

  it('leaves the spool alone while Redis takes what comes', async () => {
    const { redis, spool, producer } = spooled(standIn());
    await producer.write(batch('a'));
    expect([redis.taken, spool.size(), messages(logger.warn)]).toEqual([['a'], 0, []]);
    await producer.close();
  });

  it('keeps what Redis refuses, stops asking it for each batch, and drains in order under the same ids before it writes directly again', async () => {
    const { redis, spool, producer } = spooled(standIn());
    redis.away = true;
    await producer.write(batch('a', callback('1'), callback('2')));
    await producer.write(batch('b'));
    await producer.write(batch('c'));
    expect([redis.asked(), spool.size()]).toEqual([1, 4]);
    expect(await producer.notReadyReasons()).toEqual([]);
    redis.away = false;
    await producer.write(batch('d'));
    await drained(spool);
    await producer.write(batch('e'));
    expect(redis.taken).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect([messages(logger.warn), messages(logger.info)]).toEqual([['spooling'], ['spool drained']]);
    expect(logger.info).toHaveBeenCalledWith({ callbacks: 5, seconds: expect.any(Number) }, 'spool drained');
    await producer.close();
  });

  it('keeps the order over many outages', async () => {
    const { redis, spool, producer } = spooled(standIn());
    const ids = Array.from({ length: 300 }, (_, index) => `b${index}`);
    for (const [index, id] of ids.entries()) {
      redis.away = index % 30 > 20;
      await producer.write(batch(id));
    }
    redis.away = false;
    await drained(spool);
    expect(redis.taken).toEqual(ids);
    await producer.close();
  });

  it('is held up by no other shard: each has its own part of the file, and its own drain', async () => {
    const path = spoolPath();
    const shards = openAll(path, 2).map((spool) => spooled(standIn(), spool));
    const [away, well] = shards;
    if (!away || !well) throw new Error('no shards');
    away.redis.away = true;
    // By these ids the file knows the shards.
    const of = { away: callback('r1'), well: callback('r0') };
    for (const id of ['a', 'b', 'c']) await away.producer.write(batch(id, of.away));
    for (const id of ['d', 'e']) await well.producer.write(batch(id, of.well));
    expect([well.redis.taken, away.spool.size(), well.spool.size()]).toEqual([['d', 'e'], 3, 0]);
    well.redis.refused = 'f';
    await well.producer.write(batch('f', of.well));
    await drained(well.spool);
    expect([well.redis.taken, away.spool.size()]).toEqual([['d', 'e', 'f'], 3]);
    expect(logger.info).toHaveBeenCalledWith({ callbacks: 1, seconds: expect.any(Number) }, 'spool drained');
    away.redis.away = false;
    await drained(away.spool);
    expect(away.redis.taken).toEqual(['a', 'b', 'c']);
    await Promise.all(shards.map(({ producer }) => producer.close()));
    expect(openAll(path, 2).map((spool) => spool.size())).toEqual([0, 0]);
  });

  it('takes first what an earlier process left', async () => {
    const path = spoolPath();
    const before = open(path);
    before.put(batch('left'));
    before.close();
    const { redis, spool, producer } = spooled(standIn(), open(path));
    await producer.write(batch('new'));
    await drained(spool);
    expect(redis.taken).toEqual(['left', 'new']);
    await producer.close();
  });

  it('leaves on disk what it could not drain before it was closed', async () => {
    const path = spoolPath();
    const { redis, producer } = spooled(standIn(), open(path));
    redis.away = true;
    await producer.write(batch('a'));
    await producer.close();
    expect(open(path).size()).toBe(1);
    expect(messages(logger.warn)).toEqual(['spooling', 'callbacks stay in the spool']);
  });

  it('goes on by itself after the disk failed', async () => {
    const spool = open(spoolPath());
    vi.spyOn(spool, 'oldest').mockImplementationOnce(() => {
      throw new RingbackError('RB_SPOOL_FAILED', 'disk');
    });
    const { redis, producer } = spooled(standIn(), spool);
    redis.away = true;
    await producer.write(batch('a'));
    redis.away = false;
    await drained(spool);
    expect([redis.taken, messages(logger.error)]).toEqual([['a'], ['spool failed']]);
    await producer.close();
  });

  it('crosses off no batch beyond the first that Redis did not take, so that none is lost and the order stays', async () => {
    const { redis, spool, producer } = spooled(standIn());
    redis.away = true;
    for (const id of ['a', 'b', 'c']) await producer.write(batch(id));
    redis.refused = 'b';
    redis.away = false;
    await drained(spool);
    expect(redis.taken).toEqual(['a', 'c', 'b', 'c']);
    await producer.close();
  });

  it('refuses with a reason if spool and Redis both refuse, and writes to Redis if only the spool refuses', async () => {
    const spool = open(spoolPath(), { maxBytes: 1024 * 1024 });
    const { redis, producer } = spooled(standIn(), spool);
    const huge = (id: string) => batch(id, callback(id, 'x'.repeat(2 * 1024 * 1024)));
    redis.away = true;
    await expect(producer.write(huge('first'))).rejects.toMatchObject({ code: 'RB_SPOOL_FULL' });
    expect(spool.size()).toBe(0);
    await producer.write(batch('small'));
    await expect(producer.write(huge('second'))).rejects.toMatchObject({ code: 'RB_SPOOL_FULL' });
    vi.spyOn(spool, 'refusal').mockReturnValue(new RingbackError('RB_SPOOL_FULL', 'full'));
    expect(await producer.notReadyReasons()).toEqual(['RB_QUEUE_UNAVAILABLE: away', 'RB_SPOOL_FULL: full']);
    redis.away = false;
    // Redis takes what the spool does not.
    expect(await producer.notReadyReasons()).toEqual([]);
    await producer.write(huge('third'));
    await drained(spool);
    expect(redis.taken.toSorted()).toEqual(['small', 'third']);
    expect(await producer.notReadyReasons()).toEqual([]);
    await producer.close();
  });
});
