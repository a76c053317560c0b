import { groupCallbacks, RingbackError } from '@ringback/contracts';
import { testCallback, testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { HistoryEvent } from '../events.ts';
import { createHandOver } from '../hand-over/hand-over.ts';
import type { HistoryRows } from '../store/rows.ts';
import { runWriter } from './writer.ts';

const DEADLINE = { timeout: 30_000, interval: 20 };

const dispatched = (batch: string): HistoryEvent => ({
  v: 1,
  kind: 'dispatched',
  batch,
  at: 1,
  settings: 's',
  groups: groupCallbacks([testCallback(batch)]),
  fates: [{ routes: [1], to: ['crm'] }],
  fateOf: [0],
});

/** A stream, a bound, and a store that writes what it gets to a list, unless `broken` says why not. */
function setUp() {
  const { url, prefix } = testRedis();
  const open = () => {
    const redis = new Redis(url, { maxRetriesPerRequest: null });
    onTestFinished(() => redis.disconnect());
    return redis;
  };
  const redis = open();
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const bound = { most: 1_000_000 };
  const history = createHandOver({ redis, prefix, most: () => bound.most, now: Date.now, logger });
  onTestFinished(() => history.close());
  const written: HistoryRows[] = [];
  const broken: { by?: (rows: HistoryRows) => Error | undefined } = {};
  const store = {
    async write(rows: HistoryRows) {
      const error = broken.by?.(rows);
      if (error) throw error;
      written.push(rows);
    },
  };
  const ids = () => written.flatMap(({ callbacks }) => callbacks.map(({ id }) => id));
  const start = (consumer = 'one', deadAfter?: number) => {
    const stop = new AbortController();
    const options = { redis: open(), prefix, consumer, deadAfter, store, subjectsOf: () => ({}), now: Date.now };
    const running = runWriter({ ...options, stop: stop.signal, drainFor: 5000, logger });
    const end = async () => {
      stop.abort();
      await running;
    };
    onTestFinished(end);
    return end;
  };
  const empty = () => vi.waitFor(async () => expect(await redis.xlen(`${prefix}:history`)).toBe(0), DEADLINE);
  return { ...history, redis, prefix, bound, logger, written, ids, broken, start, empty };
}

it('writes what was handed over before and after its start, and leaves nothing in Redis', async () => {
  const { handOver, start, ids, empty, redis, prefix } = setUp();
  await handOver(dispatched('b1'));
  start();
  await handOver(dispatched('b2'));
  await empty();
  expect(ids()).toEqual(['b1', 'b2']);
  expect(await redis.hgetall(`${prefix}:history.state`)).toEqual({});
});

it.each([
  ['a store was away', 'RB_HISTORY_UNAVAILABLE'],
  ['a key was missing', 'RB_KEY_MISSING'],
] as const)('goes on where %s, and logs it once', async (_what, code) => {
  const { handOver, start, ids, broken, empty, logger } = setUp();
  broken.by = () => new RingbackError(code, 'the file is locked');
  start();
  for (const batch of ['b1', 'b2', 'b3']) await handOver(dispatched(batch));
  await vi.waitFor(() => expect(logger.error).toHaveBeenCalled(), DEADLINE);
  delete broken.by;
  await empty();
  expect(ids().toSorted()).toEqual(['b1', 'b2', 'b3']);
  const line = { code, reason: 'the file is locked' };
  expect(logger.error.mock.calls).toEqual([[line, expect.any(String)]]);
  await vi.waitFor(() => expect(logger.info).toHaveBeenCalledWith(expect.anything(), 'the history is written again'), DEADLINE);
});

it('sets aside what it cannot read or the store can never take, and writes the rest', async () => {
  const { handOver, start, ids, broken, empty, redis, prefix, logger } = setUp();
  broken.by = ({ callbacks }) => (callbacks.some(({ id }) => id === 'poison') ? new Error('constraint') : undefined);
  await redis.xadd(`${prefix}:history`, '*', 'foreign', 'entry');
  await redis.xadd(`${prefix}:history`, '*', 'e', '{"v":1,"kind":"unknown"}');
  for (const batch of ['b1', 'poison', 'b2', 'b3']) await handOver(dispatched(batch));
  start();
  await empty();
  expect(ids()).toEqual(['b1', 'b2', 'b3']);
  expect(logger.error).toHaveBeenCalledTimes(2);
});

it('shares the stream with other writers, and takes over what a dead one has left', async () => {
  const { handOver, start, ids, empty, redis, prefix } = setUp();
  await redis.xgroup('CREATE', `${prefix}:history`, 'history', '0', 'MKSTREAM');
  await handOver(dispatched('b1'));
  await redis.xreadgroup('GROUP', 'history', 'dead', 'STREAMS', `${prefix}:history`, '>');
  start('one', 100);
  start('two', 100);
  for (let n = 2; n <= 20; n += 1) await handOver(dispatched(`b${n}`));
  await empty();
  expect(ids().toSorted()).toEqual(Array.from({ length: 20 }, (_, n) => `b${n + 1}`).toSorted());
});

it('writes what an earlier life of the same consumer had taken', async () => {
  const { handOver, start, ids, empty, redis, prefix } = setUp();
  await redis.xgroup('CREATE', `${prefix}:history`, 'history', '0', 'MKSTREAM');
  await handOver(dispatched('b1'));
  await redis.xreadgroup('GROUP', 'history', 'one', 'STREAMS', `${prefix}:history`, '>');
  start('one');
  await empty();
  expect(ids()).toEqual(['b1']);
});

it('writes a gap for what was dropped, once', async () => {
  const { handOver, giveWay, bound, start, written, redis, prefix } = setUp();
  bound.most = 500;
  for (const batch of ['b1', 'b2', 'b3']) await handOver(dispatched(batch));
  await giveWay();
  start('one');
  start('two');
  const gaps = () => written.flatMap((rows) => rows.gaps);
  await vi.waitFor(() => expect(gaps()).not.toEqual([]), DEADLINE);
  await vi.waitFor(async () => expect(await redis.hgetall(`${prefix}:history.state`)).toEqual({}), DEADLINE);
  expect(new Set(gaps().map(({ id }) => id)).size).toBe(1);
  expect(gaps()[0]).toMatchObject({ callbacks: 2, attempts: 0, reason: expect.any(String) });
});

it('survives that Redis was emptied', async () => {
  const { handOver, start, ids, empty, redis, prefix } = setUp();
  start();
  await handOver(dispatched('b1'));
  await empty();
  await redis.del(`${prefix}:history`, `${prefix}:history.state`);
  await handOver(dispatched('b2'));
  await vi.waitFor(() => expect(ids()).toEqual(['b1', 'b2']), DEADLINE);
});

it('writes what is left when it stops, and leaves it if the store is away', async () => {
  const { handOver, start, ids, broken, redis, prefix, logger } = setUp();
  const end = start();
  await handOver(dispatched('b1'));
  await end();
  expect(ids()).toEqual(['b1']);
  broken.by = () => new RingbackError('RB_HISTORY_UNAVAILABLE', 'away');
  const endAgain = start();
  await handOver(dispatched('b2'));
  await vi.waitFor(() => expect(logger.error).toHaveBeenCalled(), DEADLINE);
  await endAgain();
  expect(await redis.xlen(`${prefix}:history`)).toBe(1);
});
