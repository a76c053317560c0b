import type { Callback, DeliveryResult, DeliverySettings, SingleDelivery } from '@ringback/contracts';
import type { Job } from 'bullmq';
import { backoff } from '../bullmq/backoff.ts';
import { HandBack } from '../bullmq/consumer.ts';
import { blameOurselves, settle } from './settle.ts';

/** What a delivery has spent so far, over all its jobs. */
export type Spent = {
  /** Attempts used up. */
  readonly attempts: number;
  /** Failed attempts that used up none: they cost time only. */
  readonly uncounted: number;
  /** When the first attempt failed, ms since the epoch by Redis's clock; absent: none has. */
  readonly failingSince?: number;
};

type Ended = Exclude<DeliveryResult, { outcome: 'retry' }>;
type Failed = Extract<DeliveryResult, { outcome: 'retry' }>;

/** `againAfterMs`: try again after so long, and not after the usual backoff. */
export type SingleResult = Ended | (Failed & { readonly cost: 'attempt' | 'time'; readonly againAfterMs?: number });

export type SingleAttempt = {
  /** The batch that its callback came in. */
  readonly batch: string;
  readonly callback: Callback;
  readonly spent: Spent;
  /** Attempts that it has in all. */
  readonly attempts: number;
  /** Why its first attempt was refused for good: then none is made, and it is to become a dead letter. */
  readonly refused?: string | undefined;
};

type Alone = {
  readonly payload: SingleDelivery;
  readonly job: Job;
  readonly retry: DeliverySettings['retry'];
  /** Redis's time, ms since the epoch. */
  readonly now: () => number;
  readonly attempt: (delivery: SingleAttempt) => Promise<SingleResult>;
};

/**
 * One attempt of a delivery that has a job of its own. What it spent stands in the job: attempts are counted by BullMQ, the rest is in the payload. BullMQ's count stays as it is
 * when a failure costs time only: the job goes back, to be run again later.
 */
export async function attemptAlone({ payload, job, retry, now, attempt }: Alone): Promise<void> {
  const spent = spentBy(payload, job);
  const { batch, callback, refused } = payload;
  const attempts = job.opts.attempts ?? 1;
  const result = await attempt({ batch, callback, spent, attempts, refused }).catch(blameOurselves);
  if (result.outcome === 'dead' && result.answer !== undefined) {
    // Only for people to look at: without it the dead letter is one all the same.
    await job.updateData({ ...payload, answer: result.answer }).catch(() => {});
  }
  if (result.outcome !== 'retry') return settle(result);
  const { failingSince = now() } = spent;
  if (result.cost === 'attempt') {
    if (payload.failingSince === undefined) await job.updateData({ ...payload, failingSince });
    return settle(result);
  }
  const uncounted = spent.uncounted + 1;
  // MUST come first: cut off in between, the job is taken again, and what it spent is known.
  await job.updateData({ ...payload, uncounted, failingSince });
  const { afterMs = 0, againAfterMs } = result;
  const usual =
    againAfterMs === undefined ? backoff(retry, spent.attempts + uncounted, afterMs) : Math.max(againAfterMs, afterMs);
  throw new HandBack({ afterMs: Math.max(1, usual) });
}

/** A job of an earlier Ringback does not say since when its delivery fails: it was made at the first failure. */
function spentBy({ priorAttempts, uncounted = 0, failingSince }: SingleDelivery, job: Job): Spent {
  const attempts = priorAttempts + job.attemptsMade;
  const since = failingSince ?? (attempts + uncounted > 0 ? job.timestamp : undefined);
  return { attempts, uncounted, ...(since !== undefined && { failingSince: since }) };
}
