import { type Callback, type DeliverySettings, type Fault, faultOfReason, type SingleDelivery } from '@ringback/contracts';
import type { Job } from 'bullmq';
import { HandBack } from '../bullmq/consumer.ts';
import { endJob } from './end-job.ts';
import { settle, type Settlement, type Spent } from './settle.ts';

export type SingleAttempt = {
  /** The batch that its callback came in. */
  readonly batch: string;
  readonly callback: Callback;
  readonly spent: Spent;
  /** Attempts that it has in all. */
  readonly attempts: number;
  /** Refused for good at the first attempt: no other is made, and it becomes a dead letter. */
  readonly refused?: { readonly reason: string; readonly fault: Fault } | undefined;
};

type Alone = {
  readonly payload: SingleDelivery;
  readonly job: Job;
  readonly retry: DeliverySettings['retry'];
  /** Redis's time, ms since the epoch. */
  readonly now: () => number;
  readonly attempt: (delivery: SingleAttempt) => Promise<Settlement>;
};

/**
 * One attempt of a delivery with a job of its own. BullMQ counts the attempts, the payload has the rest. If a failure
 * costs time only, the job goes back to run later and BullMQ's count stays.
 */
export async function attemptAlone({ attempt, ...alone }: Alone): Promise<void> {
  const { payload, job } = alone;
  const { batch, callback, refused: reason } = payload;
  const refused = reason === undefined ? undefined : { reason, fault: payload.fault ?? faultOfReason(reason) };
  const delivery = { batch, callback, spent: spentBy(payload, job), attempts: attemptsOf(job), refused };
  const settled = await attempt(delivery).then(
    (settlement) => ({ settlement, cause: undefined }),
    (cause: unknown) => ({ settlement: settleBroken(alone, cause), cause }),
  );
  await keep(settled.settlement, alone);
  endJob(settled.settlement, settled.cause);
}

/** A run that ends without an outcome (a bug, Redis failed) is no fault of the destination. */
function settleBroken({ payload, job, retry, now }: Omit<Alone, 'attempt'>, cause: unknown): Settlement {
  if (cause instanceof HandBack) throw cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const delivery = { spent: spentBy(payload, job), attempts: attemptsOf(job), probe: false };
  return settle(
    { outcome: 'broken', reason, runs: job.attemptsMade + 1 },
    { delivery, settings: { ...retry, probeAgainAfter: 0 }, now: now(), jitter: Math.random() },
  );
}

/** Writes into the job what its next run, or a person, needs to know. */
async function keep(settlement: Settlement, { payload, job }: Pick<Alone, 'payload' | 'job'>): Promise<void> {
  if (settlement.outcome === 'dead' && payload.refused === undefined) {
    const { fault, answer } = settlement;
    // Only for people: the dead letter is complete without it.
    await job.updateData({ ...payload, fault, ...(answer !== undefined && { answer }) }).catch(() => {});
  }
  if (settlement.outcome !== 'retry') return;
  const { uncounted, failingSince } = settlement.spent;
  const more = { ...payload, ...(failingSince !== undefined && { failingSince }) };
  if (!settlement.counted) {
    // MUST come first: if the job is cut off after it, the next run knows what was spent.
    await job.updateData({ ...more, uncounted });
  } else if (payload.failingSince === undefined && failingSince !== undefined) {
    await job.updateData(more);
  }
}

const attemptsOf = (job: Job) => job.opts.attempts ?? 1;

/** A job of an earlier Ringback has no such time: it was made at the first failure. */
function spentBy({ priorAttempts, uncounted = 0, failingSince }: SingleDelivery, job: Job): Spent {
  const attempts = priorAttempts + job.attemptsMade;
  const since = failingSince ?? (attempts + uncounted > 0 ? job.timestamp : undefined);
  return { attempts, uncounted, ...(since !== undefined && { failingSince: since }) };
}
