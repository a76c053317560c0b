import { testRedis } from '@ringback/testkit';
import { Queue, UnrecoverableError, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { counterKey, countJobs, jobKey, metaKey, oldestData } from './keys.ts';

const NAME = 'output.crm';
const DEADLINE = { timeout: 20_000, interval: 10 };

function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue(NAME, { connection: redis, prefix });
  onTestFinished(async () => {
    await queue.close();
    redis.disconnect();
  });
  return { redis, prefix, queue };
}

it('names the hash of a job as BullMQ does', async () => {
  const { redis, prefix, queue } = setUp();
  const job = await queue.add('reference', { some: 'thing' }, { jobId: 'b1.ref.crm' });
  const key = jobKey(prefix, NAME, 'b1.ref.crm');
  expect(await redis.hget(key, 'data')).toBe('{"some":"thing"}');
  await job.remove();
  expect(await redis.exists(key)).toBe(0);
});

it('counts the jobs of each state as BullMQ does, and finds the oldest that waits', async () => {
  const { redis, prefix, queue } = setUp();
  await queue.add('x', { n: 'oldest' });
  const [held] = [Promise.withResolvers<void>()];
  const worker = new Worker(
    NAME,
    async ({ data }) => {
      if (data.n !== 'active') throw new UnrecoverableError('no');
      await held.promise;
    },
    { connection: redis, prefix },
  );
  onTestFinished(() => worker.close());
  await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(1), DEADLINE);
  await queue.add('x', { n: 'active' });
  await vi.waitFor(async () => expect(await queue.getActiveCount()).toBe(1), DEADLINE);
  for (const n of ['second', 'third']) await queue.add('x', { n });
  await queue.add('x', { n: 'later' }, { delay: 600_000 });
  await queue.add('x', { n: 'prioritized' }, { priority: 5 });
  const seen = () => countJobs(redis, prefix, NAME);
  const { failed = 0, ...others } = await queue.getJobCounts('failed', 'wait', 'active', 'delayed', 'prioritized');
  const waiting = Object.values(others).reduce((sum, count) => sum + count, 0);
  expect([waiting, failed]).toEqual([5, 1]);
  expect(await seen()).toEqual({ waiting, failed });
  expect(JSON.parse((await oldestData(redis, prefix, NAME)) ?? '')).toEqual({ n: 'second' });
  await queue.pause();
  expect(await seen()).toEqual({ waiting, failed });
  held.resolve();
});

it('knows the key that every queue has', async () => {
  const { redis, prefix, queue } = setUp();
  await queue.waitUntilReady();
  await vi.waitFor(async () => expect(await redis.exists(metaKey(prefix, NAME))).toBe(1), DEADLINE);
});

it('knows the counter that the first job makes, and that stays', async () => {
  const { redis, prefix, queue } = setUp();
  await queue.waitUntilReady();
  expect(await redis.exists(counterKey(prefix, NAME))).toBe(0);
  const job = await queue.add('x', {}, { jobId: 'b1' });
  await job.remove();
  expect(await redis.exists(counterKey(prefix, NAME))).toBe(1);
});

it('writes nothing where there is no queue', async () => {
  const { url, prefix } = testRedis();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  expect(await countJobs(redis, prefix, 'none')).toEqual({ waiting: 0, failed: 0 });
  expect(await oldestData(redis, prefix, 'none')).toBeUndefined();
  expect(await redis.keys(`${prefix}:*`)).toEqual([]);
});
