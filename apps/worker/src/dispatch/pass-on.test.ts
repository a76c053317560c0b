import { callbackKey, createSecret, shardOf } from '@ringback/contracts';
import { HandBack } from '@ringback/queue';
import { testCallback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createPassOn } from './pass-on.ts';
import { openShard, shardUnder } from '../shard/shard.ts';
import { type Routes, setUp } from './test-dispatch.ts';

const SHARDS = 3;
const overload = { memory: { high: Number.MAX_VALUE, low: Number.MAX_VALUE } };
const spy = () => vi.fn<(fields: object, message: string) => void>();

/** A dispatcher of the first of three shards, and what waits in the others. */
function startShards({ failing, routes }: { failing?: Set<string>; routes?: Routes } = {}) {
  const { url, prefix } = testRedis();
  const logger = { debug: spy(), info: spy(), warn: spy(), error: spy() };
  const config = {
    redis: { prefix, shards: SHARDS, durability: 'memory', overload },
    worker: { adminHost: '', concurrency: 1, lockDuration: 2000, shutdownGrace: 1000, stuckAfter: 1000 },
    dedupe: { window: 60_000, businessKey: false },
    quarantine: { maxCount: 1, maxSize: 1, unrouted: { maxCount: 1, maxSize: 1 } },
  } as const;
  const settings = () => ({ ...config, routes: [] });
  const shards = Array.from({ length: SHARDS }, (_, number) => {
    const shard = { url: createSecret(url), prefix: `${prefix}.${number}` };
    return shardUnder(openShard({ shard, number, settings, now: () => performance.now(), logger }), settings());
  });
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  onTestFinished(() => {
    redis.disconnect();
    for (const { watch, access } of shards) {
      watch.close();
      access.redis.disconnect();
    }
  });
  const elsewhere = (key: string) => (shardOf(key, SHARDS) === 0 ? undefined : shardOf(key, SHARDS));
  const sharding = { elsewhere, passOn: createPassOn({ shards, logger }) };
  const world = setUp({
    prefix: `${prefix}.0`,
    sharding,
    ...(failing && { failing }),
    ...(routes && { routes, quarantineFor: 0 }),
  });
  async function waitingIn(shard: number) {
    const queue = new Queue('callbacks', { connection: redis, prefix: `${prefix}.${shard}` });
    const jobs = await queue.getWaiting();
    await queue.close();
    return jobs.map(({ id, data }) => ({ id, data: data as { replayed?: true; groups: { callbacks: { id: string }[] }[] } }));
  }
  return { ...world, shards, waitingIn };
}

/** Callbacks of a shard. */
function some(shard: number, count: number) {
  const all = Array.from({ length: 100 }, (_, index) => testCallback(`r${index}`));
  return all.filter((callback) => shardOf(callbackKey(callback), SHARDS) === shard).slice(0, count);
}

const [own, one, two] = [some(0, 2), some(1, 2), some(2, 1)];
const batch = { id: 'b1', callbacks: [...one, ...own, ...two], replayed: true as const };

it('passes on what belongs to other shards, as one batch for each however often it runs, and works off the rest', async () => {
  const failing = new Set(['crm']);
  const { dispatch, added, waitingIn } = startShards({ failing });
  // It breaks off after that, as a worker that is killed does.
  await expect(dispatch(batch)).rejects.toThrow('out of order');
  failing.clear();
  await dispatch(batch);
  const [first, second] = await Promise.all([waitingIn(1), waitingIn(2)]);
  expect([first, second].map((jobs) => jobs.map(({ id }) => id))).toEqual([['b1.1of3'], ['b1.2of3']]);
  expect(first[0]?.data).toMatchObject({ replayed: true, groups: [{ callbacks: one.map(({ id }) => ({ id })) }] });
  const ids = own.map(({ id }) => id);
  expect(added.filter(({ output }) => output === 'crm')).toEqual([{ output: 'crm', batchId: 'b1', ids, again: true }]);
});

it('goes back to its queue while another shard is away, and neither its own callbacks nor those of a third shard wait', async () => {
  const { dispatch, added, waitingIn, shards } = startShards();
  shards[1]?.access.redis.disconnect();
  const failure: unknown = await dispatch(batch).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(HandBack);
  expect(failure).toMatchObject({ afterMs: 5000 });
  expect((await waitingIn(2)).map(({ id }) => id)).toEqual(['b1.2of3']);
  expect(added.map(({ output }) => output)).toEqual(['crm', 'ops']);
});

it.for<Routes>([[{ match: ['other'], to: ['crm'] }], [{ match: ['*'], drop: 'not for us' }]])(
  'counts and reports its own callbacks once, after the last shard has its own, by %j',
  async (routes) => {
    const { dispatch, shards, counted, logger } = startShards({ routes });
    const { redis } = shards[1]?.access ?? {};
    redis?.disconnect();
    const fresh = { id: batch.id, callbacks: batch.callbacks };
    for (let run = 0; run < 2; run += 1) await expect(dispatch(fresh)).rejects.toBeInstanceOf(HandBack);
    expect(await counted()).toEqual({ dropped: [], unkept: [] });
    expect(logger.info).not.toHaveBeenCalled();
    expect(logger.error).not.toHaveBeenCalled();
    await redis?.connect();
    await vi.waitFor(() => dispatch(fresh), { timeout: 30_000 });
    const { dropped, unkept } = await counted();
    expect([...dropped, ...unkept]).toMatchObject([{ count: own.length }]);
    expect(logger.info).toHaveBeenCalledOnce();
  },
);

it('fails rather than lose what belongs to a shard that there is not', async () => {
  const passOn = createPassOn({ shards: [], logger: { debug: spy(), info: spy(), warn: spy(), error: spy() } });
  await expect(passOn(batch, new Map([[7, one]]))).rejects.toMatchObject({ code: 'RB_INTERNAL' });
});
