import { createRunScript } from '@ringback/redis';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { addJobs, type NewJob } from './add-jobs.ts';

/*
 * This file leans on the insides of BullMQ 6.7.0: on what `moveToFinished-14.lua` leaves behind for a failed
 * job. fail-job.test.ts fails when that changes.
 */

/** If we are cut off, a worker fails the job for its payload. */
const DELAY_MS = 1000;

/** KEYS delayed, failed, job · ARGV id, now in ms, reason. Without BullMQ's events. */
const FAIL_DELAYED = `
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return { 0 } end
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
redis.call('HSET', KEYS[3], 'failedReason', ARGV[3], 'finishedOn', ARGV[2])
return { 1 }`;

/** BullMQ cannot add a failed job: it is added as delayed, and moved. */
export async function addFailedJob(options: {
  queue: Queue;
  redis: Redis;
  job: NewJob;
  reason: string;
  now: number;
}): Promise<void> {
  const { queue, redis, job, reason, now } = options;
  const { jobId } = job.opts;
  await addJobs({ queue, jobs: [{ ...job, opts: { ...job.opts, delay: DELAY_MS } }] });
  const keys = [queue.toKey('delayed'), queue.toKey('failed'), queue.toKey(jobId)];
  await createRunScript(redis)(FAIL_DELAYED, keys, [jobId, String(now), reason]);
}
