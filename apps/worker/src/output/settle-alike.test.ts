import type { DeliveryResult } from '@ringback/contracts';
import type { Job } from 'bullmq';
import { expect, it, vi } from 'vitest';
import { DEADLINE, ERROR, OK, startOutage } from './test-outage.ts';

const RESULTS: Readonly<Record<string, DeliveryResult>> = {
  delivered: OK,
  error: ERROR,
  'error that asks for a wait': { outcome: 'retry', failure: 'error', reason: 'HTTP 500', afterMs: 3_600_000 },
  away: { outcome: 'retry', failure: 'unavailable', reason: 'connection refused' },
  refused: { outcome: 'dead', reason: 'HTTP 410', answer: 'gone' },
  'our refusal': { outcome: 'dead', reason: 'bad template', fault: 'ours' },
};
const MINUTES = 600_000;

/** What became of a delivery by its first attempt: where it stands, and what it has spent. */
async function firstAttempt(result: DeliveryResult, { alone, attempts }: { alone: boolean; attempts: number }) {
  const { send, queue, destination, attempted } = startOutage({
    // So long that no second attempt comes.
    retry: { attempts, minDelay: MINUTES, maxDelay: MINUTES },
    // It would hold the job of a dead letter.
    breaker: { enabled: false },
    // A rate limit gives each delivery a job of its own.
    ...(alone && { rateLimit: { max: 100, per: 1000 } }),
  });
  destination.answer = result;
  await send('x');
  await attempted(1);
  await vi.waitFor(async () => expect(await queue.getJobCounts('active', 'wait')).toEqual({ active: 0, wait: 0 }), DEADLINE);
  const [delayed] = await queue.getDelayed();
  const [failed] = await queue.getFailed();
  return {
    delayed: delayed && { ...seen(delayed), waits: waitOf(delayed) },
    failed: failed && { ...seen(failed), reason: failed.failedReason },
  };
}

function seen({ data, attemptsMade }: Job) {
  // A job that was refused in its batch runs once to fail, and attempts nothing.
  const own = data.refused === undefined ? attemptsMade : 0;
  const { uncounted = 0, fault, answer } = data;
  return { spent: data.priorAttempts + own, uncounted, fault, answer };
}

/** The backoff is random. */
const waitOf = ({ delay }: Job) => (delay > MINUTES ? delay : delay >= MINUTES / 2 && 'backed off');

for (const attempts of [1, 3])
  it.each(Object.keys(RESULTS))(`settles alike in a batch and alone, with ${attempts} attempts: %s`, async (name) => {
    const result = RESULTS[name] ?? OK;
    const inBatch = await firstAttempt(result, { alone: false, attempts });
    expect(await firstAttempt(result, { alone: true, attempts })).toEqual(inBatch);
    const goesOn = result.outcome === 'retry' && !(attempts === 1 && result.failure === 'error');
    expect(Object.values(inBatch).filter(Boolean)).toHaveLength(result.outcome === 'delivered' ? 0 : 1);
    expect(inBatch.delayed !== undefined).toBe(goesOn);
  });
