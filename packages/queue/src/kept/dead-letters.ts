import { DeliveryPayload } from '@ringback/contracts';
import type { Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { Compile } from 'typebox/compile';
import { jobsOf } from '../bullmq/jobs-of.ts';
import { CALLBACKS, outputQueueName } from '../bullmq/names.ts';
import { openQueue } from '../bullmq/queue-options.ts';
import { type Bodies, createBodies } from '../deliveries/bodies/bodies.ts';
import { knownOutputs } from '../deliveries/known-outputs.ts';
import { fits, GONE, type Kept, type KeptFilter, type KeptStore } from './kept.ts';
import { readDeadLetter, readHeld } from './read-dead-letter.ts';

const SERVED = 'RB_OUTPUT_IN_USE: a worker that runs serves its output';
/** No worker consumes it. */
const ABANDONED_STATES = ['failed', 'waiting', 'delayed', 'prioritized'] as const;

const payload = Compile(DeliveryPayload);

type Place = { readonly queue: Queue; readonly output?: string };

export type DeadLettersOptions = {
  readonly redis: Redis;
  readonly prefix: string;
  readonly outputs: readonly string[];
  /** If not, and the settings lack it, its whole queue is dead letters. */
  readonly served: (output: string) => Promise<boolean>;
};

export async function openDeadLetters({ redis, prefix, outputs, served }: DeadLettersOptions): Promise<KeptStore> {
  const bodies = createBodies({ redis, prefix });
  const open = (name: string) => openQueue(name, { redis, prefix });
  const all = new Set([...outputs, ...(await knownOutputs({ redis, prefix }))]);
  const places: Place[] = [
    ...[...all].map((output) => ({ queue: open(outputQueueName(output)), output })),
    { queue: open(CALLBACKS) },
  ];
  // MUST be asked anew each time: a worker with other settings may come up at any moment.
  const abandoned = async (output: string | undefined) =>
    output !== undefined && !outputs.includes(output) && !(await served(output));

  async function* find(filter: KeptFilter): AsyncGenerator<Kept> {
    for (const place of places) {
      if (filter.output !== undefined && filter.output !== place.output) continue;
      const removed = await abandoned(place.output);
      for await (const kept of keptIn({ ...place, removed }, bodies)) if (fits(kept, filter)) yield kept;
    }
  }

  const placeOf = (kept: Kept) => places.find(({ queue }) => queue.name === kept.queue);
  const jobOf = (kept: Kept) => placeOf(kept)?.queue.getJob(kept.id);

  return {
    find,
    async replay(kept) {
      if (await abandoned(kept.output))
        return `RB_OUTPUT_REMOVED: its output is not in the settings: put it back, or move all of it: ringback outputs move ${kept.output} <other>`;
      const job = await jobOf(kept);
      if (!job) return GONE;
      return (await job.isFailed()) ? replay(job) : GONE;
    },
    async purge(kept) {
      if (kept.removed && !(await abandoned(kept.output))) return SERVED;
      const job = await jobOf(kept);
      if (job && !kept.removed && !(await job.isFailed())) return GONE;
      await job?.remove();
      // MUST follow: a job never names bodies that are gone.
      const released = kept.bodies !== undefined && (await bodies.release(kept.bodies, kept.output ?? ''));
      return job || released ? undefined : GONE;
    },
    close: async () => void (await Promise.all(places.map(({ queue }) => queue.close()))),
  };
}

async function* keptIn(place: Place & { readonly removed: boolean }, bodies: Bodies): AsyncGenerator<Kept> {
  const { queue, output, removed } = place;
  for (const state of removed ? ABANDONED_STATES : (['failed'] as const)) {
    const standing = { output, removed: state !== 'failed' };
    for await (const job of jobsOf({ queue, state })) yield readDeadLetter(job, standing, bodies);
  }
  if (!removed || output === undefined) return;
  // No worker will ever make jobs of what the output holds.
  for (const id of await bodies.held(output)) {
    const kept = await readHeld({ bodies: id, output }, bodies);
    if (kept) yield kept;
  }
}

/** Runs the same job again with new attempts. MUST change the payload first: after a cut it is still a dead letter. */
async function replay(job: Job): Promise<string | undefined> {
  const data: unknown = job.data;
  if (payload.Check(data)) await job.updateData(unattempted(data));
  try {
    // Not `resetAttemptsStarted`: by it a job that was never taken is told from one that may have delivered something.
    await job.retry('failed', { resetAttemptsMade: true });
    return undefined;
  } catch (error) {
    if (await job.isFailed()) throw error;
    return GONE;
  }
}

function unattempted(data: DeliveryPayload): DeliveryPayload {
  switch (data.kind) {
    case 'batch':
      return data;
    case 'reference':
      return { v: data.v, kind: data.kind, bodies: data.bodies };
    case 'single': {
      const { v, kind, batch, callback } = data;
      return { v, kind, batch, callback, priorAttempts: 0 };
    }
    default:
      return data satisfies never;
  }
}
