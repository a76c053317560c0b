import type { JobsOptions } from 'bullmq';

/** The name under which BullMQ finds `settings.backoffStrategy` of our workers. */
const BACKOFF = { type: 'ringback' };

/** Keeps only the last stack trace. BullMQ would keep one of every run and fill Redis with them. */
const KEPT = { removeOnComplete: true, removeOnFail: false, stackTraceLimit: 1 } as const;

/**
 * A batch fails by our own trouble only (Redis away, a bug): it is run again for hours, then kept in the failed set.
 * A done batch leaves nothing behind: the ledger remembers.
 */
const BATCH_ATTEMPTS = 200;

type IdentifiedOptions = JobsOptions & { readonly jobId: string };

export function batchJobOptions(jobId: string): IdentifiedOptions {
  return { jobId, attempts: BATCH_ATTEMPTS, backoff: BACKOFF, ...KEPT };
}

/** A delivery alone. One that is given up stays in the failed set: that is the dead letter. */
export function singleJobOptions(job: { jobId: string; attempts: number; delay: number }): IdentifiedOptions {
  return { ...job, backoff: BACKOFF, ...KEPT };
}
