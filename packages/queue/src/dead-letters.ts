import { DeliveryPayload, type SingleDelivery } from '@ringback/contracts';
import { type Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { Compile } from 'typebox/compile';
import { jobsOf } from './jobs-of.ts';
import { fits, GONE, type Kept, type KeptFilter, type KeptStore } from './kept.ts';
import { knownOutputs } from './known-outputs.ts';
import { CALLBACKS, outputQueueName } from './names.ts';
import { queueOptions, quiet } from './queue-options.ts';
import { readDeadLetter } from './read-dead-letter.ts';

const REMOVED = 'RB_OUTPUT_REMOVED: its output is not in the settings';
/** A queue that no worker consumes: all that stands in it waits for a person. */
const ABANDONED_STATES = ['failed', 'waiting', 'delayed', 'prioritized'] as const;

const payload = Compile(DeliveryPayload);

type Place = { readonly queue: Queue; readonly output?: string; readonly removed: boolean };

export type DeadLettersOptions = {
  readonly redis: Redis;
  readonly prefix: string;
  /** The outputs of the settings: what stands in the queue of any other one is a dead letter, attempted or not. */
  readonly outputs: readonly string[];
};

/** Over the failed sets of all queues: they are the dead letters. */
export async function openDeadLetters({ redis, prefix, outputs }: DeadLettersOptions): Promise<KeptStore> {
  const open = (name: string) => quiet(new Queue(name, queueOptions({ redis, prefix })));
  const all = new Set([...outputs, ...(await knownOutputs({ redis, prefix }))]);
  const places: Place[] = [
    ...[...all].map((output) => ({ queue: open(outputQueueName(output)), output, removed: !outputs.includes(output) })),
    { queue: open(CALLBACKS), removed: false },
  ];

  async function* find(filter: KeptFilter): AsyncGenerator<Kept> {
    for (const place of places) {
      if (filter.output !== undefined && filter.output !== place.output) continue;
      for (const state of place.removed ? ABANDONED_STATES : (['failed'] as const)) {
        const reason = state === 'failed' ? undefined : REMOVED;
        for await (const job of jobsOf({ queue: place.queue, state })) {
          const kept = readDeadLetter(job, { output: place.output, reason });
          if (fits(kept, filter)) yield kept;
        }
      }
    }
  }

  const placeOf = (kept: Kept) => places.find(({ queue }) => queue.name === kept.queue);
  const jobOf = (kept: Kept) => placeOf(kept)?.queue.getJob(kept.id);

  return {
    find,
    async replay(kept) {
      const place = placeOf(kept);
      if (place?.removed) return `${REMOVED}: put it back, or move all of it: ringback outputs move ${place.output} <other>`;
      const job = await jobOf(kept);
      if (!job) return GONE;
      return (await job.isFailed()) ? replay(job) : GONE;
    },
    async purge(kept) {
      const job = await jobOf(kept);
      if (!job) return GONE;
      // A job that was replayed meanwhile is no dead letter any more.
      if (kept.reason !== REMOVED && !(await job.isFailed())) return GONE;
      await job.remove();
      return undefined;
    },
    close: async () => void (await Promise.all(places.map(({ queue }) => queue.close()))),
  };
}

/**
 * The same job, hence the same idempotency key, with its attempts anew. MUST change the payload first: cut off in between, it is still a dead letter.
 */
async function replay(job: Job): Promise<string | undefined> {
  const data: unknown = job.data;
  if (payload.Check(data) && data.kind === 'single') await job.updateData(unattempted(data));
  try {
    // Not `resetAttemptsStarted`: by it a job that was never taken is told from one that may have delivered something.
    await job.retry('failed', { resetAttemptsMade: true });
    return undefined;
  } catch (error) {
    if (await job.isFailed()) throw error;
    return GONE;
  }
}

function unattempted({ v, kind, batch, callback }: SingleDelivery): SingleDelivery {
  return { v, kind, batch, callback, priorAttempts: 0 };
}
