import { type ErrorCode, RingbackError } from '@ringback/contracts';
import type { Job } from 'bullmq';
import { type BackoffBounds, BATCH_BACKOFF } from '../bullmq/backoff.ts';
import { HandBack } from '../bullmq/consumer.ts';
import { NewerPayload } from '../bullmq/newer-payloads.ts';
import { endJob } from './end-job.ts';
import { settle, type Settlement, type Spent } from './settle.ts';

type Run = { readonly spent: Spent; readonly attempts: number; readonly retry: BackoffBounds };

/** Settles a run that ended with an error. @throws `cause` if the job only goes back to the queue */
export function settleBroken(cause: unknown, { spent, attempts, retry }: Run): Settlement {
  if (cause instanceof HandBack || cause instanceof NewerPayload) throw cause;
  const code = codeOf(cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  const settings = { ...retry, giveUpAfter: Infinity, probeAgainAfter: 0, mostWhileAway: retry.maxDelay };
  const delivery = { spent, attempts, probe: false };
  return settle({ outcome: 'broken', code, reason }, { delivery, settings, now: 0, jitter: Math.random() });
}

export const codeOf = (cause: unknown): ErrorCode => (cause instanceof RingbackError ? cause.code : 'RB_INTERNAL');

type Dead = Extract<Settlement, { outcome: 'dead' }> & { readonly code: ErrorCode };
type Together = { readonly run: () => Promise<void>; readonly beforeDead?: (settlement: Dead) => Promise<void> };

/** One run of a job with several deliveries. `beforeDead` is called before the job becomes a dead letter. */
export async function runTogether(job: Job, { run, beforeDead }: Together): Promise<void> {
  try {
    await run();
  } catch (cause) {
    const settlement = settleBroken(cause, { spent: runsOf(job), attempts: attemptsOf(job), retry: BATCH_BACKOFF });
    if (settlement.outcome === 'dead') await beforeDead?.({ ...settlement, code: codeOf(cause) });
    endJob(settlement, cause);
  }
}

export const attemptsOf = (job: Job) => job.opts.attempts ?? 1;

/** A job's runs as attempts. What was handed back cost none. */
export function runsOf({ attemptsMade, attemptsStarted }: Job): Spent {
  return { attempts: attemptsMade, uncounted: Math.max(0, attemptsStarted - 1 - attemptsMade) };
}
