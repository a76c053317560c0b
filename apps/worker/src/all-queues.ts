import { within } from '@ringback/pacing';
import type { QueueState } from '@ringback/queue';
import type { Redis } from 'ioredis';

const LOOK_TIMEOUT_MS = 1000;

type OwnQueue = { readonly access: { readonly redis: Redis }; readonly callbacks: Pick<QueueState, 'isPaused' | 'depths'> };

/**
 * The callbacks of several shards as one queue: paused if one is. A shard that is away keeps its last answer, and does
 * not hold up the others. Calls reject if none answers.
 */
export function allQueues(queues: readonly OwnQueue[]): Pick<QueueState, 'isPaused' | 'depths'> {
  const [first, ...others] = queues;
  if (first && others.length === 0) return first.callbacks;
  const paused = new Map<OwnQueue, boolean>();

  async function ask<T>(work: (queue: OwnQueue['callbacks']) => Promise<T>): Promise<(readonly [OwnQueue, T])[]> {
    const answers = await Promise.all(
      queues
        // A command would wait until it is back.
        .filter(({ access }) => access.redis.status === 'ready')
        .map(async (one) => {
          const answer = await within(LOOK_TIMEOUT_MS, work(one.callbacks)).catch(() => {});
          return answer === undefined ? [] : [[one, answer] as const];
        }),
    );
    if (answers.every((answer) => answer.length === 0)) throw new Error('no shard answers');
    return answers.flat();
  }

  return {
    async isPaused() {
      for (const [one, isPaused] of await ask((queue) => queue.isPaused())) paused.set(one, isPaused);
      return [...paused.values()].includes(true);
    },
    async depths() {
      const all = (await ask((queue) => queue.depths())).map(([, depths]) => depths);
      const sum = (end: keyof (typeof all)[number]) => all.reduce((total, depths) => total + depths[end], 0);
      return { waiting: sum('waiting'), delayed: sum('delayed'), active: sum('active'), dead: sum('dead') };
    },
  };
}
