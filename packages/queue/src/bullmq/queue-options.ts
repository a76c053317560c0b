import { type ErrorReporter, redisClock } from '@ringback/redis';
import { type IRedisClient, Queue, type QueueOptions, type WorkerOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { withoutInfo } from './client.ts';
import { readableJobs } from './readable-jobs.ts';
import { onRedisTime } from './time.ts';

/** Only a dashboard reads events. */
const MAX_EVENTS = 1000;

function queueOptions({ redis, prefix }: { redis: Redis; prefix: string }): QueueOptions {
  return { connection: connectionOf(redis), prefix, streams: { events: { maxLen: MAX_EVENTS } } };
}

/** Each call rejects with its error. The listener keeps `error` from ending the process. */
export function openQueue(name: string, access: { readonly redis: Redis; readonly prefix: string }): Queue {
  return new Queue(name, queueOptions(access)).on('error', () => {});
}

export type ConsumerSettings = {
  readonly redis: Redis;
  readonly prefix: string;
  readonly concurrency: number;
  /** ms without a sign of life until another worker takes a job over. */
  readonly lockDuration: number;
  /** Shared by all consumers of a process, so that an outage is logged once. */
  readonly errors?: ErrorReporter;
};

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
    // A killed worker is not the job's fault: the job is run again, however often that happens.
    maxStalledCount: 1_000_000,
    // How soon a worker looks again after its connection failed. BullMQ's 15 s would prolong every outage.
    runRetryDelay: 1000,
    autorun: false,
  };
}

function connectionOf(redis: Redis): IRedisClient {
  return onRedisTime(withoutInfo(readableJobs(redis)), redisClock(redis));
}
