import type { Redis } from 'ioredis';
import { CALLBACKS, outputQueueName } from '../bullmq/names.ts';
import { createQueueHolder } from '../bullmq/queue-holder.ts';

export type Depth = {
  /** Jobs that wait for a worker, of all outputs and of callbacks. Jobs that wait for a retry do not count. */
  readonly count: () => Promise<number>;
  close(): Promise<void>;
};

export function createDepth(options: { redis: Redis; prefix: string; outputs: readonly string[] }): Depth {
  const names = [CALLBACKS, ...options.outputs.map(outputQueueName)];
  const queues = names.map((name) => createQueueHolder({ ...options, name }));

  return {
    async count() {
      const counts = await Promise.all(queues.map(async (queue) => (await queue.open()).getWaitingCount()));
      return counts.reduce((sum, count) => sum + count, 0);
    },
    async close() {
      await Promise.all(queues.map((queue) => queue.close()));
    },
  };
}
