import { QueueKeys } from 'bullmq';
import type { Redis } from 'ioredis';

/*
 * This file leans on the insides of BullMQ 6.7.0: how it names its keys, and of which kind they are. A
 * `Queue` has calls for all of it, but opening one writes to Redis. keys.test.ts fails when they change.
 */

export const jobKey = (prefix: string, queue: string, id: string) => new QueueKeys(prefix).toKey(queue, id);

/** Held by the worker that has the job under way. */
export const lockKey = (job: string) => `${job}:lock`;

/** Every queue that was ever opened has this key. */
export const metaKey = (prefix: string, queue: string) => new QueueKeys(prefix).toKey(queue, 'meta');

/** A number that grows with each job. It stays when the jobs go. */
export const counterKey = (prefix: string, queue: string) => new QueueKeys(prefix).toKey(queue, 'id');

const WAITING = { wait: 'llen', paused: 'llen', active: 'llen', delayed: 'zcard', prioritized: 'zcard' } as const;

/** `waiting`: now, later or under way. Writes nothing. */
export async function countJobs(redis: Redis, prefix: string, queue: string): Promise<{ waiting: number; failed: number }> {
  const keys = new QueueKeys(prefix);
  const count = (command: 'llen' | 'zcard', type: string) => redis[command](keys.toKey(queue, type)).catch(() => 0);
  const [failed, ...waiting] = await Promise.all([
    count('zcard', 'failed'),
    ...Object.entries(WAITING).map(([type, command]) => count(command, type)),
  ]);
  return { waiting: waiting.reduce((sum, one) => sum + one, 0), failed };
}

/** `waiting`: now, or under way. Writes nothing. */
export async function stateOf(
  redis: Redis,
  prefix: string,
  { queue, id }: { readonly queue: string; readonly id: string },
): Promise<'failed' | 'delayed' | 'waiting'> {
  const keys = new QueueKeys(prefix);
  const [failed, delayed] = await Promise.all(['failed', 'delayed'].map((state) => redis.zscore(keys.toKey(queue, state), id)));
  if (failed !== null) return 'failed';
  return delayed === null ? 'waiting' : 'delayed';
}

/** Text. Writes nothing. */
export async function oldestData(redis: Redis, prefix: string, queue: string): Promise<string | undefined> {
  const keys = new QueueKeys(prefix);
  const [oldest] = await redis.lrange(keys.toKey(queue, 'wait'), -1, -1).catch(() => []);
  if (oldest === undefined) return undefined;
  return (await redis.hget(keys.toKey(queue, oldest), 'data').catch(() => null)) ?? undefined;
}
