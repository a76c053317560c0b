import type { Callback, DeliverySettings, ErrorCode, Fault, SingleDelivery } from '@ringback/contracts';
import type { Job } from 'bullmq';
import { attemptsOf, codeOf, runsOf, settleBroken } from './broken-run.ts';
import { faultOf } from './earlier-fault.ts';
import { endJob } from './end-job.ts';
import type { Settlement, Spent } from './settle.ts';

export type SingleAttempt = {
  readonly batch: string;
  readonly callback: Callback;
  readonly spent: Spent;
  readonly attempts: number;
  /** Refused for good before: it becomes a dead letter without another attempt. */
  readonly refused?: { readonly reason: string; readonly fault: Fault } | undefined;
};

type Alone = {
  readonly payload: SingleDelivery;
  readonly job: Job;
  readonly retry: DeliverySettings['retry'];
  readonly attempt: (delivery: SingleAttempt) => Promise<Settlement>;
  /** Called if it dies without an attempt of this job that says so. No `code`: an attempt before it did. */
  readonly onDead: (settlement: Extract<Settlement, { outcome: 'dead' }> & { readonly code?: ErrorCode }) => void;
};

/** BullMQ counts the attempts; the payload has the rest. */
export async function attemptAlone({ payload, job, retry, attempt, onDead }: Alone): Promise<void> {
  const { batch, callback, refused: reason } = payload;
  const refused = reason === undefined ? undefined : { reason, fault: faultOf(payload, reason) };
  const delivery = { batch, callback, spent: spentBy(payload, job), attempts: attemptsOf(job), refused };
  const { settlement, cause } = await attempt(delivery).then(
    (settled) => ({ settlement: settled, cause: undefined }),
    (error: unknown) => ({ settlement: settleRun(error, { ...delivery, job, retry }), cause: error }),
  );
  if (settlement.outcome === 'dead' && refused) onDead(settlement);
  else if (settlement.outcome === 'dead' && cause !== undefined) onDead({ ...settlement, code: codeOf(cause) });
  await keep(settlement, payload, job);
  endJob(settlement, cause);
}

type Run = Pick<SingleAttempt, 'spent' | 'attempts' | 'refused'> & Pick<Alone, 'job' | 'retry'>;

/** A refused delivery makes no attempts: only the runs of this job count, and its own reason stays. */
function settleRun(cause: unknown, { spent, attempts, refused, job, retry }: Run): Settlement {
  const settlement = settleBroken(cause, { spent: refused ? runsOf(job) : spent, attempts, retry });
  return settlement.outcome === 'dead' && refused ? { ...settlement, ...refused } : settlement;
}

async function keep(settlement: Settlement, payload: SingleDelivery, job: Job): Promise<void> {
  if (settlement.outcome === 'delivered' || payload.refused !== undefined) return;
  const { fault, spent } = settlement;
  if (settlement.outcome === 'dead') {
    const { answer } = settlement;
    // Only for people: without it, the job has the fault of the failure before.
    if (fault !== payload.fault || answer !== undefined)
      await job.updateData({ ...payload, fault, ...(answer !== undefined && { answer }) }).catch(() => {});
    return;
  }
  const { uncounted, failingSince } = spent;
  const next = { ...payload, fault, ...(failingSince !== undefined && { failingSince }) };
  // MUST come before the job goes back: if it is cut off, the next run knows what was spent.
  if (!settlement.counted) await job.updateData({ ...next, uncounted });
  else if (payload.failingSince !== failingSince) await job.updateData(next);
  else if (payload.fault !== fault) await job.updateData(next).catch(() => {});
}

/** A job of an earlier Ringback has no such time: it was made at the first failure. */
function spentBy({ priorAttempts, uncounted = 0, failingSince }: SingleDelivery, job: Job): Spent {
  const attempts = priorAttempts + job.attemptsMade;
  const since = failingSince ?? (attempts + uncounted > 0 ? job.timestamp : undefined);
  return { attempts, uncounted, ...(since !== undefined && { failingSince: since }) };
}
