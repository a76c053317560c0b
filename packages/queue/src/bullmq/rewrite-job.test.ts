import { testRedis } from '@ringback/testkit';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { jobData, jobOfKey, rewriteJob } from './rewrite-job.ts';

it('rewrites a job that waits and is as it was read, and none that a worker has under way', async () => {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue('q', { connection: redis, prefix });
  const key = `${prefix}:q:one`;
  await queue.add('x', { n: 1 }, { jobId: 'one' });
  expect(jobOfKey(prefix, key)).toEqual({ queue: 'q', id: 'one' });
  expect(jobOfKey(prefix, `${key}:lock`)).toBeUndefined();
  expect(await jobData(redis, `${prefix}:q:meta`)).toBeUndefined();
  const rewrite = (was: string, data: unknown) => rewriteJob({ redis, prefix, queue: 'q', id: 'one' }, was, data);
  expect(await jobData(redis, key)).toBe('{"n":1}');
  expect(await rewrite('{"n":0}', { n: 2 })).toBe('changed');
  expect(await rewrite('{"n":1}', { n: 2 })).toBe('rewritten');

  const [begun, end] = [Promise.withResolvers<unknown>(), Promise.withResolvers<void>()];
  const process = async ({ data }: { data: unknown }) => {
    begun.resolve(data);
    await end.promise;
  };
  const worker = new Worker('q', process, { connection: redis, prefix });
  onTestFinished(async () => {
    await Promise.all([worker.close(), queue.close()]);
    redis.disconnect();
  });
  expect(await begun.promise).toEqual({ n: 2 });
  expect(await rewrite('{"n":2}', { n: 3 })).toBe('under way');
  end.resolve();
  await vi.waitFor(async () => expect(await queue.getCompletedCount()).toBe(1), { timeout: 20_000, interval: 10 });
  await queue.remove('one');
  expect(await rewrite('{"n":2}', { n: 3 })).toBe('gone');
});
