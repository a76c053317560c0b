import type { Redis } from 'ioredis';
import { CALLBACKS, outputQueueName } from './names.ts';
import { openQueue } from './queue-options.ts';

export type QueueDepths = {
  readonly waiting: number;
  readonly delayed: number;
  readonly active: number;
  readonly dead: number;
};

/** Calls reject if Redis does not answer. */
export type QueueState = {
  depths(): Promise<QueueDepths>;
  isPaused(): Promise<boolean>;
  /** Jobs under way go on. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** The queue is neither paused nor at its rate limit. */
  workWaits(): Promise<boolean>;
  close(): Promise<void>;
};

/** Of one queue in several shards. */
export function sumOfDepths(depths: readonly QueueDepths[]): QueueDepths {
  const sum = (state: keyof QueueDepths) => depths.reduce((total, one) => total + one[state], 0);
  return { waiting: sum('waiting'), delayed: sum('delayed'), active: sum('active'), dead: sum('dead') };
}

type QueueAccess = { readonly redis: Redis; readonly prefix: string };

export function outputQueueState(output: string, access: QueueAccess): QueueState {
  return queueState(outputQueueName(output), access);
}

export function callbackQueueState(access: QueueAccess): QueueState {
  return queueState(CALLBACKS, access);
}

function queueState(name: string, access: QueueAccess): QueueState {
  const queue = openQueue(name, access);
  return {
    async depths() {
      const counts = await queue.getJobCounts('waiting', 'delayed', 'active', 'failed');
      const { waiting = 0, delayed = 0, active = 0, failed = 0 } = counts;
      return { waiting, delayed, active, dead: failed };
    },
    isPaused: () => queue.isPaused(),
    pause: () => queue.pause(),
    resume: () => queue.resume(),
    async workWaits() {
      const [waiting, paused, limitedMs] = await Promise.all([
        queue.getWaitingCount(),
        queue.isPaused(),
        queue.getRateLimitTtl(),
      ]);
      return waiting > 0 && !paused && limitedMs <= 0;
    },
    close: () => queue.close(),
  };
}
