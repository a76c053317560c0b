import type { Redis } from 'ioredis';
import { CALLBACKS, outputQueueName } from '../bullmq/names.ts';
import { createQueueHolder } from '../bullmq/queue-holder.ts';

export type Depth = {
  /** Jobs that wait for a worker, of all outputs and of callbacks. Jobs that wait for a retry do not count. */
  readonly count: () => Promise<number>;
  close(): Promise<void>;
};

type DepthOptions = { readonly redis: Redis; readonly prefix: string; readonly outputs: () => readonly string[] };

/** Outputs may come and go. */
export function createDepth({ redis, prefix, outputs }: DepthOptions): Depth {
  const queues = new Map<string, ReturnType<typeof createQueueHolder>>();

  function queueOf(name: string) {
    const queue = queues.get(name) ?? createQueueHolder({ redis, prefix, name });
    queues.set(name, queue);
    return queue;
  }

  return {
    async count() {
      const names = [CALLBACKS, ...outputs().map(outputQueueName)];
      const counts = await Promise.all(names.map(async (name) => (await queueOf(name).open()).getWaitingCount()));
      return counts.reduce((sum, count) => sum + count, 0);
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}
