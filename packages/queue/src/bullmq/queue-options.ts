import { type ErrorReporter, redisClock } from '@ringback/redis';
import { type IRedisClient, Queue, type QueueOptions, type WorkerOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { withoutInfo } from './client.ts';
import { readableJobs } from './readable-jobs.ts';
import { onRedisTime } from './time.ts';

/** Nobody of ours reads the event stream, so it is kept short; a dashboard that does still sees the newest. */
const MAX_EVENTS = 1000;

/** What every BullMQ queue of ours is made with. */
function queueOptions({ redis, prefix }: { redis: Redis; prefix: string }): QueueOptions {
  return { connection: connectionOf(redis), prefix, streams: { events: { maxLen: MAX_EVENTS } } };
}

/** Opens a queue. The connection's owner reports its errors, and each call its own: an `error` event that nobody hears would end the process. */
export function openQueue(name: string, access: { readonly redis: Redis; readonly prefix: string }): Queue {
  return new Queue(name, queueOptions(access)).on('error', () => {});
}

export type ConsumerSettings = {
  readonly redis: Redis;
  readonly prefix: string;
  /** Jobs under way at once, in this process. */
  readonly concurrency: number;
  /** ms without a sign of life after which another worker takes a job over. */
  readonly lockDuration: number;
  /** Shared by all consumers of a process, so that an outage is told once. Default: one of its own. */
  readonly errors?: ErrorReporter;
};

/** What every BullMQ worker of ours is made with. */
export function workerOptions({
  redis,
  prefix,
  concurrency,
  lockDuration,
}: Omit<ConsumerSettings, 'errors'>): WorkerOptions & { connection: IRedisClient } {
  return {
    connection: connectionOf(redis),
    prefix,
    concurrency,
    lockDuration,
    stalledInterval: Math.ceil(lockDuration / 2),
    // A worker that is killed is no fault of the job's: however often that happens, the job is run again. Poison is found by its content.
    maxStalledCount: 1_000_000,
    // How soon a worker looks again after its connection failed. BullMQ's own 15 s would add themselves to every outage.
    runRetryDelay: 1000,
    autorun: false,
  };
}

function connectionOf(redis: Redis): IRedisClient {
  return onRedisTime(withoutInfo(readableJobs(redis)), redisClock(redis));
}
