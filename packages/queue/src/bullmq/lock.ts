import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

/*
 * This file leans on the insides of BullMQ 6.7.0: its worker keeps the key `<job>:lock`, which runs out by
 * itself once the worker is gone. BullMQ has no call that tells. lock.test.ts fails when that changes.
 */

/** True while a worker has the job under way. */
export async function isLocked(redis: Redis, queue: Queue, id: string): Promise<boolean> {
  return (await redis.exists(`${queue.toKey(id)}:lock`)) === 1;
}
