import { type Callback, callbacksOf, DeliveryPayload, type Fault, QuarantinedCallback } from '@ringback/contracts';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { Compile } from 'typebox/compile';
import { dropJobIf, jobsIn, type JobState, type StandingJob } from '../bullmq/carry-jobs.ts';
import { outputQueueName, QUARANTINE, UNROUTED } from '../bullmq/names.ts';
import { openQueue } from '../bullmq/queue-options.ts';
import { type Bodies, createBodies, isUnreadable } from '../deliveries/bodies/bodies.ts';
import { failureOf } from '../deliveries/failure.ts';

const deliveries = Compile(DeliveryPayload);
const quarantined = Compile(QuarantinedCallback);

/** Which jobs leave: those kept since before `before` (ms since the epoch), and the oldest beyond so many. */
export type Leave = { readonly before: number; readonly beyond: number; readonly limit: number };

type Leaving = {
  readonly id: string;
  /** ms since the epoch. */
  readonly time: number;
  /** MUST follow their writing. False: it is not as it was read. */
  readonly drop: () => Promise<boolean>;
};

export type LeavingDeadLetter = Leaving & {
  readonly batch: string;
  readonly callbacks: readonly Callback[];
  readonly attempts: number;
  readonly reason: string;
  readonly fault: Fault;
  readonly answer?: string | undefined;
};

export type LeavingCallback = Leaving & { readonly entry: QuarantinedCallback };

type Access = { readonly redis: Redis; readonly prefix: string };

/** What may leave a shard's Redis, the oldest first. What cannot be read stays. */
export function createLeaving({ redis, prefix }: Access) {
  const bodies = createBodies({ redis, prefix });
  const place = (queue: string) => ({ redis, prefix, queue });

  return {
    async deadLetters(output: string, leave: Leave): Promise<LeavingDeadLetter[]> {
      const queue = openQueue(outputQueueName(output), { redis, prefix });
      try {
        const jobs = await leavingJobs(place(queue.name), 'failed', { ...leave, count: await queue.getFailedCount() });
        const read = await Promise.all(jobs.map((job) => readDead({ job, queue, output, bodies, access: place(queue.name) })));
        return read.flatMap((one) => one ?? []);
      } finally {
        await queue.close();
      }
    },
    async callbacks(from: 'quarantine' | 'unrouted', leave: Leave): Promise<LeavingCallback[]> {
      const queue = openQueue(from === 'unrouted' ? UNROUTED : QUARANTINE, { redis, prefix });
      try {
        const jobs = await leavingJobs(place(queue.name), 'wait', { ...leave, count: await queue.getWaitingCount() });
        return jobs.flatMap((job) => readQuarantined(job, place(queue.name)) ?? []);
      } finally {
        await queue.close();
      }
    },
  };
}

type QueuePlace = Access & { readonly queue: string };

async function leavingJobs(place: QueuePlace, state: JobState, { before, beyond, limit, count }: Leave & { count: number }) {
  const jobs = await jobsIn(place, state, { skip: 0, count: limit });
  const isOld = (job: StandingJob) => Number(job.score || job.fields['timestamp']?.toString()) < before;
  return jobs.filter((job, index) => isOld(job) || index < count - beyond);
}

type Reading = { job: StandingJob; queue: Queue; output: string; bodies: Bodies; access: QueuePlace };

async function readDead({ job, queue, output, bodies, access }: Reading): Promise<LeavingDeadLetter | undefined> {
  const data = jsonOf(job.fields['data']);
  const standing = await queue.getJob(job.id);
  if (!standing || !deliveries.Check(data)) return undefined;
  const content = await contentOf(data, output, bodies);
  if (content === undefined) return undefined;
  const drop = async () => {
    const dropped = await dropJobIf(access, job);
    if (dropped && data.kind === 'reference') await bodies.release(data.bodies, output);
    return dropped;
  };
  const answer = data.kind === 'single' ? data.answer : undefined;
  return { id: job.id, time: Number(job.score), drop, ...content, ...failureOf(standing), answer };
}

async function contentOf(data: DeliveryPayload, output: string, bodies: Bodies) {
  switch (data.kind) {
    case 'single':
      return { batch: data.batch, callbacks: [data.callback] };
    case 'batch':
      return { batch: data.batch, callbacks: callbacksOf(data) };
    case 'reference':
      return bodies.read(data.bodies, output).catch(unlessUnreadable);
    default:
      return data satisfies never;
  }
}

function unlessUnreadable(error: unknown): undefined {
  if (isUnreadable(error)) return undefined;
  throw error;
}

function readQuarantined(job: StandingJob, access: QueuePlace): LeavingCallback | undefined {
  const entry = jsonOf(job.fields['data']);
  if (!quarantined.Check(entry)) return undefined;
  return { id: job.id, time: Number(job.fields['timestamp']?.toString()), entry, drop: () => dropJobIf(access, job) };
}

/** Undefined: damaged. */
function jsonOf(text: Buffer | undefined): unknown {
  try {
    const value: unknown = JSON.parse(text?.toString() ?? '');
    return value;
  } catch {
    return undefined;
  }
}
