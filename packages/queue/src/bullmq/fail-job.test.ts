import { testRedis } from '@ringback/testkit';
import { Queue, UnrecoverableError, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { addFailedJob } from './fail-job.ts';
import { batchJobOptions } from './job-options.ts';

const REASON = 'RB_X: not wanted';
/** What BullMQ writes when it takes a job to work on it, which nobody did here. */
const OF_A_RUN = ['atm', 'ats', 'processedOn', 'stacktrace'];

async function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue('q', { connection: redis, prefix });
  onTestFinished(async () => {
    await queue.close();
    redis.disconnect();
  });
  const job = { name: 'x', data: {}, opts: batchJobOptions('ours') };
  await addFailedJob({ queue, redis, job, reason: REASON, now: Date.now() });
  return { redis, prefix, queue };
}

it('leaves a job as BullMQ leaves one that failed', async () => {
  const { redis, prefix, queue } = await setUp();
  await queue.add('x', {}, batchJobOptions('theirs'));
  const fail = () => Promise.reject(new UnrecoverableError(REASON));
  const worker = new Worker('q', fail, { connection: redis, prefix });
  onTestFinished(() => worker.close());
  await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(2), { timeout: 20_000, interval: 10 });
  const [ours, theirs] = await Promise.all(['ours', 'theirs'].map((id) => redis.hgetall(queue.toKey(id))));
  const fields = Object.keys(theirs ?? {}).filter((name) => !OF_A_RUN.includes(name));
  expect(Object.keys(ours ?? {}).toSorted()).toEqual(fields.toSorted());
  expect(ours?.['failedReason']).toBe(theirs?.['failedReason']);
  expect(await queue.getJobCounts('delayed', 'wait', 'active')).toEqual({ delayed: 0, wait: 0, active: 0 });
});

it('which can be read, run again and removed', async () => {
  const { queue, redis, prefix } = await setUp();
  const [job] = await queue.getFailed();
  expect(job).toMatchObject({ id: 'ours', failedReason: REASON });
  await job?.retry('failed');
  expect(await queue.getWaitingCount()).toBe(1);
  await job?.remove();
  expect(await redis.keys(`${prefix}:q:ours*`)).toEqual([]);
});
