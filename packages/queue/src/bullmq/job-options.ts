import type { JobsOptions } from 'bullmq';

const BACKOFF = { type: 'ringback' };

/** BullMQ would keep a stack of every run. */
const KEPT = { removeOnComplete: true, removeOnFail: false, stackTraceLimit: 1 } as const;

/** Our own trouble: run again for hours, then kept in the failed set. */
const BATCH_ATTEMPTS = 200;

type IdentifiedOptions = JobsOptions & { readonly jobId: string };

export function batchJobOptions(jobId: string): IdentifiedOptions {
  return { jobId, attempts: BATCH_ATTEMPTS, backoff: BACKOFF, ...KEPT };
}

/** A failed one is the dead letter. */
export function singleJobOptions(job: { jobId: string; attempts: number; delay: number }): IdentifiedOptions {
  return { ...job, backoff: BACKOFF, ...KEPT };
}
