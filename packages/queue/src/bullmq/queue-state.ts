import type { Redis } from 'ioredis';
import { CALLBACKS, outputQueueName } from './names.ts';
import { openQueue } from './queue-options.ts';

/** Jobs by state. A job of an output holds one delivery, or all of a batch at their first attempt. */
type QueueDepths = {
  /** To be taken now. */
  readonly waiting: number;
  /** To be tried again later. */
  readonly delayed: number;
  /** Under way. */
  readonly active: number;
  /** Dead letters. */
  readonly dead: number;
};

/** A queue seen from outside, and its pause switch. Calls reject if Redis does not answer. */
export type QueueState = {
  depths(): Promise<QueueDepths>;
  /** When the oldest waiting job was made, ms since the epoch by Redis's clock. Of delayed jobs only the next count. */
  oldest(): Promise<number | undefined>;
  isPaused(): Promise<boolean>;
  /** No worker takes a job until `resume`. Jobs under way go on. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** True if a job waits for nothing but a worker: the queue is neither paused nor at its rate limit. */
  workWaits(): Promise<boolean>;
  close(): Promise<void>;
};

const DELAYED_LOOKED_AT = 50;

type QueueAccess = { readonly redis: Redis; readonly prefix: string };

/** The queue of one output's deliveries. */
export function outputQueueState(output: string, access: QueueAccess): QueueState {
  return queueState(outputQueueName(output), access);
}

/** The queue of the batches that the ingress wrote. */
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
    async oldest() {
      const [waiting, delayed] = await Promise.all([
        queue.getJobs(['waiting'], 0, 0, true),
        queue.getJobs(['delayed'], 0, DELAYED_LOOKED_AT - 1, true),
      ]);
      const times = [...waiting, ...delayed].map(({ timestamp }) => timestamp);
      return times.length === 0 ? undefined : Math.min(...times);
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
