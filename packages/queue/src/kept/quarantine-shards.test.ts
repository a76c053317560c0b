import { callbackKey, createSecret, type QuarantinedCallback, shardOf } from '@ringback/contracts';
import { testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createQuarantineProducer } from './quarantine-producer.ts';

const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const SHARDS = 4;

/** Each of another account: one account alone has at most half of the room. */
const entry = (index: number): QuarantinedCallback => ({
  v: 1,
  id: `r${index}`,
  source: 's',
  account: `a${index}`,
  time: 1,
  receivedAt: 2,
  body: '{}',
  encoding: 'utf8',
  code: 'RB_BODY_INVALID',
  reason: 'RB_BODY_INVALID: it does not fit',
});

it('keeps each entry in the shard of its key, and divides the room among the shards', async () => {
  const { url, prefix } = testRedis();
  const shards = Array.from({ length: SHARDS }, (_, shard) => ({ url: createSecret(url), prefix: `{${prefix}:${shard}}` }));
  // 5 for each shard.
  const bounds = { maxCount: 4 * SHARDS + 1, maxSize: 1_000_000 };
  const producer = createQuarantineProducer({ shards, bounds: () => bounds, timeout: 10_000, now: Date.now, logger });
  onTestFinished(() => producer.close());
  await vi.waitFor(() => producer.keep(entry(0)), { timeout: 10_000 });
  const entries = Array.from({ length: 100 }, (_, index) => entry(index));
  const kept = await Promise.all(entries.map((one) => producer.keep(one)));

  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const queues = shards.map((shard) => new Queue('quarantine', { connection: redis, prefix: shard.prefix }));
  onTestFinished(async () => {
    await Promise.all(queues.map((queue) => queue.close()));
    redis.disconnect();
  });
  const found = await Promise.all(
    queues.map(async (queue) => (await queue.getWaiting()).map(({ data }) => String(data.id)).toSorted()),
  );
  const expected = shards.map((_, shard) =>
    entries.filter((one, index) => kept[index] && shardOf(callbackKey(one), SHARDS) === shard).map(({ id }) => id),
  );
  expect(found).toEqual(expected.map((ids) => ids.toSorted()));
  expect(found.map(({ length }) => length)).toEqual([5, 5, 5, 5]);
});
