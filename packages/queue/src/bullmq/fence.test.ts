import { testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { fenceQueue, removeFence } from './fence.ts';

const NAME = 'callbacks';

function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue(NAME, { connection: redis, prefix });
  onTestFinished(async () => {
    await queue.close();
    redis.disconnect();
  });
  return { queue, fence: { redis, prefix, queue: NAME } };
}

it('lets nothing be added, not even the same again, and leaves nothing behind', async () => {
  const { queue, fence } = setUp();
  await queue.waitUntilReady();
  expect(await fenceQueue(fence)).toBe(true);
  const keys = await fence.redis.keys(`${fence.prefix}:*`);
  const add = [
    () => queue.add('batch', {}, { jobId: 'b1' }),
    () => queue.add('batch', {}, { jobId: 'b1' }),
    () => queue.add('batch', {}, { jobId: 'b2', delay: 1000 }),
    () => queue.addBulk([{ name: 'batch', data: {}, opts: { jobId: 'b3' } }]),
  ];
  for (const attempt of add) await expect(attempt()).rejects.toThrow('not an integer');
  expect((await fence.redis.keys(`${fence.prefix}:*`)).toSorted()).toEqual(keys.toSorted());
  expect(await fenceQueue(fence)).toBe(true);

  await removeFence(fence);
  await queue.add('batch', {}, { jobId: 'b1' });
  expect(await queue.getWaitingCount()).toBe(1);
  await removeFence(fence);
  expect(await queue.getWaitingCount()).toBe(1);
});

it('is not made where jobs are', async () => {
  const { queue, fence } = setUp();
  await queue.add('batch', {}, { jobId: 'late' });
  expect(await fenceQueue(fence)).toBe(false);
  await queue.add('batch', {}, { jobId: 'later' });
  expect(await queue.getWaitingCount()).toBe(2);
});
