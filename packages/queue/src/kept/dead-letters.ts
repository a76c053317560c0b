import { DeliveryPayload } from '@ringback/contracts';
import type { Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { Compile } from 'typebox/compile';
import { jobsOf } from '../bullmq/jobs-of.ts';
import { CALLBACKS, outputQueueName } from '../bullmq/names.ts';
import { openQueue } from '../bullmq/queue-options.ts';
import { type Bodies, createBodies } from '../deliveries/bodies/bodies.ts';
import { knownOutputs } from '../deliveries/known-outputs.ts';
import { fitting, GONE, type Kept, type KeptFilter, type KeptStore } from './kept.ts';
import { newestFirst } from './newest-first.ts';
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
    const chosen = places.filter(({ output }) => filter.output === undefined || filter.output === output);
    const standing = await Promise.all(chosen.map(async (place) => ({ ...place, removed: await abandoned(place.output) })));
    const sources = standing.flatMap((place) => sourcesIn(place, bodies));
    yield* newestFirst(sources.map((source) => fitting(source, filter)));
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

/** Each newest first. */
function sourcesIn({ queue, output, removed }: Place & { readonly removed: boolean }, bodies: Bodies): AsyncIterable<Kept>[] {
  const states = removed ? ABANDONED_STATES : (['failed'] as const);
  const jobs = states.map((state) => deadLettersIn({ queue, state, output }, bodies));
  // No worker will ever make jobs of what the output holds.
  return removed && output !== undefined ? [...jobs, heldBy(output, bodies)] : jobs;
}

type States = { readonly queue: Queue; readonly state: (typeof ABANDONED_STATES)[number]; readonly output: string | undefined };

async function* deadLettersIn({ queue, state, output }: States, bodies: Bodies): AsyncGenerator<Kept> {
  for await (const job of jobsOf({ queue, state })) yield readDeadLetter(job, { output, removed: state !== 'failed' }, bodies);
}

async function* heldBy(output: string, bodies: Bodies): AsyncGenerator<Kept> {
  for (const id of (await bodies.held(output)).toReversed()) {
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
