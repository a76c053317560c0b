import { type Callback, callbackKey, createSecret, shardOf } from '@ringback/contracts';
import { startRedisServer, testCallback as callback } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createBatchProducer } from './batch-producer.ts';
import { createCallbackProducer } from './producer.ts';

const TIMEOUT_MS = 20_000;
/** The least for one shard. */
const MOST = 32;
const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };

/** Two shards, each on a server of its own. */
async function setUp(maxInFlight: number) {
  const servers = await Promise.all([startRedisServer(), startRedisServer()]);
  const overload = { memory: { high: 0.8, low: 0.7 } };
  const common = {
    prefix: 'test',
    timeout: TIMEOUT_MS,
    durability: 'memory',
    overload,
    outputs: () => [],
    now: Date.now,
    logger,
  } as const;
  const batches = servers.map(({ url }) => createBatchProducer({ ...common, url: createSecret(url) }));
  const producer = createCallbackProducer({ batches, patience: TIMEOUT_MS, maxInFlight: () => maxInFlight, now: Date.now });
  onTestFinished(() => producer.close());
  for (const batch of batches)
    await vi.waitFor(async () => expect(await batch.notReadyReasons()).toEqual([]), { timeout: 10_000 });
  return { servers, producer };
}

const callbacks = Array.from({ length: 400 }, (_, index) => callback(`r${index}`));
const ofShard = (shard: number) => callbacks.filter((one) => shardOf(callbackKey(one), 2) === shard);

async function idsIn(url: string): Promise<string[]> {
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const jobs = await redis.lrange('test:callbacks:wait', 0, -1);
  const texts = await Promise.all(jobs.map((job) => redis.hget(`test:callbacks:${job}`, 'data')));
  return texts.flatMap((text) => [...String(text).matchAll(/"id":"(\w+)"/g)].map(([, id = '']) => id));
}

it('writes each callback to the shard of its key', async () => {
  const { servers, producer } = await setUp(2000);
  await Promise.all(callbacks.map((one) => producer.enqueue(one)));
  const found = await Promise.all(servers.map(({ url }) => idsIn(url)));
  const sorted = (all: readonly Callback[]) => all.map(({ id }) => id).toSorted();
  expect(found.map((ids) => ids.toSorted())).toEqual([sorted(ofShard(0)), sorted(ofShard(1))]);
});

it('has a shard that hangs hold up no other, and only so many callbacks', async () => {
  const { servers, producer } = await setUp(40);
  servers[0]?.pause();
  const held = ofShard(0).map((one) => producer.enqueue(one));
  const refused = { code: 'RB_OVERLOADED', message: expect.stringContaining('one shard') };
  // Those beyond 32 at once, the others when the server goes on.
  await Promise.all(held.slice(MOST).map((one) => expect(one).rejects.toMatchObject(refused)));
  for (const one of ofShard(1).slice(0, 20)) await producer.enqueue(one);
  servers[0]?.resume();
  await Promise.all(held.slice(0, MOST));
  await expect(producer.enqueue(callback('after'))).resolves.toBeUndefined();
});
