import type { JobsOptions } from 'bullmq';

/** The name under which BullMQ finds the backoff of a worker of ours (`settings.backoffStrategy`). */
const BACKOFF = { type: 'ringback' };

/** Of stack traces only the last is kept. BullMQ would keep one of every run, and fill a Redis that is full with jobs that fail for it. */
const KEPT = { removeOnComplete: true, removeOnFail: false, stackTraceLimit: 1 } as const;

/**
 * A batch is our own work and fails by our own trouble only (Redis away in the middle of it, a bug), so it is run again for hours before it is left in
 * the failed set, where it is kept. Done, it leaves nothing behind: the ledger remembers.
 */
const BATCH_ATTEMPTS = 200;

type IdentifiedOptions = JobsOptions & { readonly jobId: string };

export function batchJobOptions(jobId: string): IdentifiedOptions {
  return { jobId, attempts: BATCH_ATTEMPTS, backoff: BACKOFF, ...KEPT };
}

/** A delivery alone: it fails by its destination's doing, and what is given up stays in the failed set: that is the dead letter. */
export function singleJobOptions(job: { jobId: string; attempts: number; delay: number }): IdentifiedOptions {
  return { ...job, backoff: BACKOFF, ...KEPT };
}
