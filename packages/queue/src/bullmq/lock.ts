import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

/**
 * True while a worker has the job under way: BullMQ 6.7 has no call that tells. Its worker keeps the key `<job>:lock`, which runs out by itself once the worker is gone.
 */
export async function isLocked(redis: Redis, queue: Queue, id: string): Promise<boolean> {
  return (await redis.exists(`${queue.toKey(id)}:lock`)) === 1;
}
