import {
  type Callback,
  type CallbackBatch,
  codeOfReason,
  groupCallbacks,
  QuarantinedCallback,
  RingbackError,
} from '@ringback/contracts';
import type { Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { Compile } from 'typebox/compile';
import { addJobs } from '../bullmq/add-jobs.ts';
import { batchJobOptions } from '../bullmq/job-options.ts';
import { jobsOf } from '../bullmq/jobs-of.ts';
import { CALLBACKS, newBatchId, QUARANTINE, UNROUTED } from '../bullmq/names.ts';
import { openQueue } from '../bullmq/queue-options.ts';
import { fitting, GONE, type Kept, type KeptStore } from './kept.ts';
import { newestFirst } from './newest-first.ts';

const quarantined = Compile(QuarantinedCallback);

const TAKEN = 'RB_REQUEST_ID_REUSED';
const TAKEN_WHY = 'its requestID was taken with another body: it can be read and purged';

type Reading = Pick<QuarantineStoreOptions, 'read' | 'release'>;

export type QuarantineStoreOptions = {
  readonly redis: Redis;
  readonly prefix: string;
  /** @throws RingbackError if it does not fit, or no route matches */
  readonly read: (entry: QuarantinedCallback) => Callback;
  readonly release: (batch: string, keys: readonly string[]) => Promise<void>;
};

export function openQuarantineStore({ redis, prefix, read, release }: QuarantineStoreOptions): KeptStore {
  const open = (name: string) => openQueue(name, { redis, prefix });
  const [refused, unrouted, callbacks] = [open(QUARANTINE), open(UNROUTED), open(CALLBACKS)];
  const jobOf = ({ queue, id }: Kept) => (queue === UNROUTED ? unrouted : refused).getJob(id);

  /** MUST queue before it removes. */
  async function replay(job: Job, entry: QuarantinedCallback): Promise<undefined> {
    await requeue(callbacks, entry, { read, release });
    await job.remove();
  }

  return {
    find: (filter) => newestFirst([refused, unrouted].map((queue) => fitting(entriesOf(queue), filter))),
    async replay(kept) {
      if (kept.code === TAKEN) return TAKEN_WHY;
      const job = await jobOf(kept);
      if (!job) return GONE;
      const data: unknown = job.data;
      if (!quarantined.Check(data)) return 'no payload of ours';
      return replay(job, data).catch(whyNot);
    },
    async purge(kept) {
      const job = await jobOf(kept);
      await job?.remove();
      return job ? undefined : GONE;
    },
    close: async () => void (await Promise.all([refused.close(), unrouted.close(), callbacks.close()])),
  };
}

/** A new batch each time: a derived id could be taken by a replay that failed. */
async function requeue(callbacks: Queue, entry: QuarantinedCallback, { read, release }: Reading): Promise<void> {
  const callback = read(entry);
  if (entry.claimed) await release(entry.claimed.batch, entry.claimed.keys);
  const batch: CallbackBatch = { v: 1, groups: groupCallbacks([callback]), replayed: true };
  await addJobs({ queue: callbacks, jobs: [{ name: 'batch', data: batch, opts: batchJobOptions(newBatchId()) }] });
}

/** Queues one that rests elsewhere. Resolves with the reason if it could not. */
export async function replayQuarantined(
  options: QuarantineStoreOptions,
  entry: QuarantinedCallback,
): Promise<string | undefined> {
  if (entry.code === TAKEN) return TAKEN_WHY;
  const callbacks = openQueue(CALLBACKS, options);
  try {
    await requeue(callbacks, entry, options);
    return undefined;
  } catch (error) {
    return whyNot(error);
  } finally {
    await callbacks.close();
  }
}

function whyNot(error: unknown): string {
  if (error instanceof RingbackError) return `${error.code}: ${error.message}`;
  throw error;
}

async function* entriesOf(queue: Queue): AsyncGenerator<Kept> {
  for await (const job of jobsOf({ queue, state: 'waiting' })) yield asKept(job);
}

function asKept(job: Job): Kept {
  const data: unknown = job.data;
  const common = { queue: job.queueName, id: job.id ?? '', attempts: 0, time: job.timestamp, payload: data };
  if (!quarantined.Check(data)) {
    return { ...common, kind: 'unreadable', callbacks: [], reason: 'RB_PAYLOAD_INVALID: not a payload of ours', fault: 'ours' };
  }
  return {
    ...common,
    kind: 'callback',
    callbacks: [data],
    reason: data.reason,
    code: data.code ?? codeOfReason(data.reason),
    fault: job.queueName === UNROUTED ? 'ours' : 'theirs',
  };
}
