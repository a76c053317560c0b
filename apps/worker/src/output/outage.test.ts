import { callbackKey } from '@ringback/contracts';
import { testCallback } from '@ringback/testkit';
import { describe, expect, it, vi } from 'vitest';
import { DAY, DEADLINE, ERROR, OK, startOutage } from './test-outage.ts';

describe('a delivery whose destination does not take part', () => {
  it('survives far more failures than it has attempts, and arrives when the destination is back', async () => {
    const { send, attempted, destination, outcomes, queue } = startOutage();
    await send('x', 'y');
    await attempted(20);
    expect(await queue.getFailedCount()).toBe(0);
    destination.answer = OK;
    await vi.waitFor(async () => expect(await outcomes('x', 'y')).toEqual(['delivered', 'delivered']), DEADLINE);
    expect(await queue.getFailedCount()).toBe(0);
  });

  it('is given up after its time, and says so', async () => {
    const { send, reasons, attempts, outcomes } = startOutage({ retry: { giveUpAfter: 500 } });
    await send('x');
    await vi.waitFor(async () => expect(await reasons()).toEqual(['given up after 500 ms: connection refused']), DEADLINE);
    expect(attempts.length).toBeGreaterThan(3);
    expect(await outcomes('x')).toEqual(['dead']);
  });

  it('counts its time from the first failure on, over a change of workers', async () => {
    const { send, attempted, replaceWorker, queue, attempts } = startOutage({ retry: { minDelay: 50, maxDelay: 50 } });
    await send('x');
    await attempted(4);
    await replaceWorker();
    await attempted(attempts.length + 2);
    const [job] = await queue.getJobs(['delayed', 'waiting', 'active']);
    expect(job?.data).toMatchObject({ priorAttempts: 0, failingSince: expect.any(Number) });
    expect(job?.data.uncounted).toBeGreaterThan(3);
    expect(job?.attemptsMade).toBe(0);
    expect(attempts.map(({ attempt }) => attempt)).toEqual(attempts.map((_, index) => index + 1));
  });

  it('keeps the attempts that it has used up while its destination is away', async () => {
    const { send, attempted, destination, reasons } = startOutage();
    destination.first = [ERROR, ERROR];
    await send('x');
    await attempted(12);
    expect(await reasons()).toEqual([]);
    destination.answer = ERROR;
    await vi.waitFor(async () => expect(await reasons()).toEqual(['given up after 3 attempts: HTTP 500']), DEADLINE);
  });

  it('waits for the time that the destination asks', async () => {
    const { send, destination, queue, attempts } = startOutage({ breaker: { enabled: false } });
    destination.answer = { outcome: 'retry', failure: 'unavailable', reason: 'HTTP 429', afterMs: 60_000 };
    await send('x');
    await vi.waitFor(async () => expect(await queue.getDelayedCount()).toBe(1), DEADLINE);
    const [job] = await queue.getDelayed();
    expect(job?.delay).toBe(60_000);
    await job?.changeDelay(0);
    await vi.waitFor(() => expect(attempts).toHaveLength(2), DEADLINE);
    await vi.waitFor(async () => expect((await queue.getDelayed())[0]?.delay).toBeGreaterThan(59_000), DEADLINE);
  });

  it('is known by the ledger for longer than it is tried, so that a repeat is no new callback', async () => {
    const { send, attempted, ledger, redis, prefix } = startOutage();
    const key = callbackKey(testCallback('x'));
    await ledger.claim('b1', [{ key, digest: 'd' }]);
    await send('x');
    await attempted(2);
    const left = () => Promise.all([key, 'b1.crm'].map((name) => redis.pttl(`${prefix}:ledger:${name}`)));
    await vi.waitFor(async () => expect(Math.min(...(await left()))).toBeGreaterThan(3 * DAY), DEADLINE);
  });

  it('goes on where a job of an earlier version stands in Redis', async () => {
    const { queue, attempted, destination, outcomes, breaker } = startOutage();
    const callback = testCallback('x');
    const data = { v: 1, kind: 'single', batch: 'b1', callback, priorAttempts: 1 };
    await queue.add('single', data, { jobId: 'b1.old.crm', attempts: 3, backoff: { type: 'ringback' } });
    await attempted(10);
    expect(await queue.getFailedCount()).toBe(0);
    destination.answer = OK;
    await vi.waitFor(async () => expect(await outcomes('x')).toEqual(['delivered']), DEADLINE);
    expect(breaker()).toEqual({ state: 'closed' });
  });
});

describe('a delivery that its destination answers with errors', () => {
  it('uses up its attempts and opens no breaker', async () => {
    const { send, destination, reasons, breaker } = startOutage({
      retry: { attempts: 12 },
      breaker: { failures: 5, failingFor: 10 },
    });
    destination.answer = ERROR;
    await send('x');
    await vi.waitFor(async () => expect(await reasons()).toEqual(['given up after 12 attempts: HTTP 500']), DEADLINE);
    expect(breaker().state).toBe('closed');
  });

  it('is no sign of life of its destination when it is given up', async () => {
    const { send, destination, outcomes, breaker } = startOutage({
      retry: { attempts: 1 },
      breaker: { failures: 2, cooldown: 60_000 },
    });
    destination.answer = ERROR;
    await send('x', 'y');
    await vi.waitFor(async () => expect(await outcomes('x', 'y')).toEqual(['dead', 'dead']), DEADLINE);
    expect(breaker().state).toBe('open');
  });

  it('is not probed faster than it would be tried', async () => {
    const { send, destination, queue, breaker, attempts } = startOutage({
      retry: { minDelay: 60_000, maxDelay: 60_000 },
      breaker: { failures: 1 },
    });
    destination.answer = ERROR;
    await send('x');
    const delayed = async () => {
      await vi.waitFor(async () => expect(await queue.getDelayedCount()).toBe(1), DEADLINE);
      const [job] = await queue.getDelayed();
      expect(job?.delay).toBeGreaterThanOrEqual(30_000);
      return job;
    };
    const job = await delayed();
    await vi.waitFor(() => expect(breaker().state).toBe('probing'), DEADLINE);
    await job?.changeDelay(0);
    await vi.waitFor(() => expect(attempts).toHaveLength(2), DEADLINE);
    // A probe: it uses up no attempt.
    expect((await delayed())?.data).toMatchObject({ priorAttempts: 1, uncounted: 1 });
  });
});

describe('the breaker of an output with little traffic', () => {
  it('opens by the time without a success, says since when, and closes with the first success', async () => {
    const { send, attempted, destination, breaker, logger, outcomes } = startOutage({ breaker: { failingFor: 300 } });
    await send('x');
    await vi.waitFor(() => expect(breaker().state).not.toBe('closed'), DEADLINE);
    expect(breaker().failing).toMatchObject({ reason: 'connection refused' });
    expect(breaker().failing?.forMs).toBeGreaterThanOrEqual(300);
    const line = { code: 'RB_OUTPUT_FAILING', output: 'crm', reason: 'connection refused' };
    expect(logger.warn).toHaveBeenCalledWith(expect.objectContaining(line), 'output paused after failures');
    await attempted(10);
    destination.answer = OK;
    await vi.waitFor(async () => expect(await outcomes('x')).toEqual(['delivered']), DEADLINE);
    await vi.waitFor(() => expect(breaker()).toEqual({ state: 'closed' }), DEADLINE);
  });
});
