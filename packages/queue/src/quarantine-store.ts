import { type Callback, type CallbackBatch, groupCallbacks, QuarantinedCallback, RingbackError } from '@ringback/contracts';
import { type Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { Compile } from 'typebox/compile';
import { addJobs } from './add-jobs.ts';
import { batchJobOptions } from './job-options.ts';
import { jobsOf } from './jobs-of.ts';
import { fits, GONE, type Kept, type KeptStore } from './kept.ts';
import { CALLBACKS, newBatchId, QUARANTINE } from './names.ts';
import { queueOptions, quiet } from './queue-options.ts';

const quarantined = Compile(QuarantinedCallback);

export type QuarantineStoreOptions = {
  readonly redis: Redis;
  readonly prefix: string;
  /** Reads a callback as its source would take it today. @throws RingbackError when it still does not fit */
  readonly read: (entry: QuarantinedCallback) => Callback;
};

/** The quarantine as a person sees it. */
export function openQuarantineStore({ redis, prefix, read }: QuarantineStoreOptions): KeptStore {
  const queue = quiet(new Queue(QUARANTINE, queueOptions({ redis, prefix })));
  const callbacks = quiet(new Queue(CALLBACKS, queueOptions({ redis, prefix })));

  /**
   * MUST be queued before it is removed. Cut off in between it may be queued a second time: then it is a duplicate. The batch is a new one each time: under an id that is derived from
   * the entry, a batch of an earlier replay that failed or has dead letters would stand in its way.
   */
  async function replay(job: Job, entry: QuarantinedCallback): Promise<void> {
    const batch: CallbackBatch = { v: 1, groups: groupCallbacks([read(entry)]) };
    await addJobs({ queue: callbacks, jobs: [{ name: 'batch', data: batch, opts: batchJobOptions(newBatchId()) }] });
    await job.remove();
  }

  return {
    async *find(filter) {
      for await (const job of jobsOf({ queue, state: 'waiting' })) {
        const kept = asKept(job);
        if (fits(kept, filter)) yield kept;
      }
    },
    async replay({ id, reason }) {
      if (reason.startsWith('RB_REQUEST_ID_REUSED'))
        return 'its requestID was taken with another body: it can be read and purged';
      const job = await queue.getJob(id);
      if (!job) return GONE;
      const data: unknown = job.data;
      if (!quarantined.Check(data)) return 'no payload of ours';
      try {
        await replay(job, data);
        return undefined;
      } catch (error) {
        if (error instanceof RingbackError) return `${error.code}: ${error.message}`;
        throw error;
      }
    },
    async purge({ id }) {
      const job = await queue.getJob(id);
      await job?.remove();
      return job ? undefined : GONE;
    },
    close: async () => void (await Promise.all([queue.close(), callbacks.close()])),
  };
}

function asKept(job: Job): Kept {
  const data: unknown = job.data;
  const common = { queue: job.queueName, id: job.id ?? '', attempts: 0, time: job.timestamp, payload: data };
  if (!quarantined.Check(data)) {
    return { ...common, kind: 'unreadable', callbacks: [], reason: 'RB_PAYLOAD_INVALID: not a payload of ours', fault: 'ours' };
  }
  return { ...common, kind: 'callback', callbacks: [data], reason: data.reason, fault: 'theirs' };
}
