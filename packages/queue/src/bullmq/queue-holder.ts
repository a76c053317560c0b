import { RingbackError } from '@ringback/contracts';
import { refusedCallback } from '@ringback/redis';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { openQueue } from './queue-options.ts';

/** What a request is told if Redis did not take something: RB_REDIS_REFUSES, or RB_QUEUE_UNAVAILABLE. */
export function notTaken(cause?: unknown): RingbackError {
  const refused = refusedCallback(cause);
  if (refused) return refused;
  const message = 'Redis did not take the callback in time: send it again';
  return new RingbackError('RB_QUEUE_UNAVAILABLE', message, { cause });
}
/** A BullMQ queue that may be asked for at any time. */
export type QueueHolder = {
  /** @throws Error while Redis is away */
  open(): Promise<Queue>;
  close(): Promise<void>;
};

/**
 * BullMQ's Queue asks for the server's version once, and stays broken if that fails. So it is made only on a live
 * connection, and made again until it works: the ingress may start before its Redis.
 */
export function createQueueHolder({ redis, prefix, name }: { redis: Redis; prefix: string; name: string }): QueueHolder {
  let current: Queue | undefined;

  return {
    async open() {
      if (redis.status !== 'ready') throw new Error(`connection is ${redis.status}`);
      current ??= openQueue(name, { redis, prefix });
      const queue = current;
      try {
        await queue.waitUntilReady();
        return queue;
      } catch (error) {
        if (current === queue) current = undefined;
        throw error;
      }
    },
    close: async () => current?.close(),
  };
}
