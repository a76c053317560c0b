import { testRedis } from '@ringback/testkit';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { isLocked } from './lock.ts';

it('is there while a worker has the job under way, and only then', async () => {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue('q', { connection: redis, prefix });
  const [begun, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await queue.add('x', {}, { jobId: 'one' });
  expect(await isLocked(redis, queue, 'one')).toBe(false);
  const process = async () => {
    begun.resolve();
    await end.promise;
  };
  const worker = new Worker('q', process, { connection: redis, prefix });
  onTestFinished(async () => {
    await Promise.all([worker.close(), queue.close()]);
    redis.disconnect();
  });
  await begun.promise;
  expect(await isLocked(redis, queue, 'one')).toBe(true);
  end.resolve();
  await vi.waitFor(async () => expect(await isLocked(redis, queue, 'one')).toBe(false), { timeout: 20_000, interval: 10 });
});
