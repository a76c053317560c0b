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
  /** Its first attempt was refused for good: no other is made, and it is to become a dead letter. */
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
 * One attempt of a delivery that has a job of its own. What it spent stands in the job: BullMQ counts the
 * attempts, the payload has the rest. BullMQ's count stays as it is when a failure costs time only: the job
 * goes back, to be run again later.
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

/**
 * A run that ends by something else than an outcome (a bug, Redis in the middle of it) is no fault of the
 * destination.
 */
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
    // Only for people to look at: without it the dead letter is one all the same.
    await job.updateData({ ...payload, fault, ...(answer !== undefined && { answer }) }).catch(() => {});
  }
  if (settlement.outcome !== 'retry') return;
  const { uncounted, failingSince } = settlement.spent;
  const more = { ...payload, ...(failingSince !== undefined && { failingSince }) };
  if (!settlement.counted) {
    // MUST come first: cut off in between, the job is taken again, and what it spent is known.
    await job.updateData({ ...more, uncounted });
  } else if (payload.failingSince === undefined && failingSince !== undefined) {
    await job.updateData(more);
  }
}

const attemptsOf = (job: Job) => job.opts.attempts ?? 1;

/**
 * A job of an earlier Ringback does not say since when its delivery fails: it was made at the first failure.
 */
function spentBy({ priorAttempts, uncounted = 0, failingSince }: SingleDelivery, job: Job): Spent {
  const attempts = priorAttempts + job.attemptsMade;
  const since = failingSince ?? (attempts + uncounted > 0 ? job.timestamp : undefined);
  return { attempts, uncounted, ...(since !== undefined && { failingSince: since }) };
}
