import type { DeliveryResult } from '@ringback/contracts';
import { describe, expect, it } from 'vitest';
import { type BreakerOptions, createBreaker } from './breaker.ts';

const OK: DeliveryResult = { outcome: 'delivered' };
const FAILED: DeliveryResult = { outcome: 'retry', failure: 'error', reason: 'HTTP 500' };
const UNREADABLE: DeliveryResult = { outcome: 'retry', failure: 'unreadable', reason: 'RB_KEY_MISSING', fault: 'ours' };
const asking = (afterMs: number): DeliveryResult => ({ outcome: 'retry', failure: 'unavailable', reason: 'HTTP 429', afterMs });

/** Makes an attempt that comes to `result` at once. */
const answering = (result: DeliveryResult) => async (probe: boolean) => ({ result, probe });

function setUp(settings: Partial<BreakerOptions['settings']> = {}) {
  let time = 0;
  let timers: { at: number; run: () => void }[] = [];
  const changes: string[] = [];
  const breaker = createBreaker({
    settings: { enabled: true, failures: 3, failingFor: 60_000, cooldown: 100, maxHold: 1000, ...settings },
    now: () => time,
    schedule: (run, ms) => timers.push({ at: time + ms, run }),
    onChange: ({ state, forMs }) => changes.push(forMs === undefined ? state : `${state} ${forMs}`),
  });
  const attempt = (result: DeliveryResult) => breaker.run(answering(result));
  return {
    breaker,
    changes,
    attempt,
    /** The first so many attempts fail. */
    failing: async (times: number) => {
      for (let count = 0; count < times; count += 1) await attempt(FAILED);
    },
    pass: (ms: number) => {
      const end = time + ms;
      for (;;) {
        const [next] = timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
        if (!next) break;
        timers = timers.filter((timer) => timer !== next);
        time = next.at;
        next.run();
      }
      time = end;
    },
  };
}

/** An attempt that ends when the test says so. */
function pending() {
  const { promise, resolve } = Promise.withResolvers<DeliveryResult>();
  return { make: async (probe: boolean) => ({ result: await promise, probe }), end: resolve };
}

describe('a breaker', () => {
  it('opens after so many failures in a row, and lets nothing pass until the cool-down is over', async () => {
    const { attempt, breaker, failing, pass, changes } = setUp();
    await failing(2);
    expect(breaker.state()).toBe('closed');
    expect(await attempt(FAILED)).toEqual({ result: FAILED, probe: false });
    expect(await attempt(OK)).toBe('held');
    pass(99);
    expect(await attempt(OK)).toBe('held');
    pass(1);
    expect(await attempt(OK)).toEqual({ result: OK, probe: true });
    expect(await attempt(OK)).toEqual({ result: OK, probe: false });
    expect(changes).toEqual(['open 100', 'probing', 'closed']);
  });

  it.each([OK, { outcome: 'dead', reason: 'HTTP 404' }] as const)('counts anew after a sign of life: %o', async (answer) => {
    const { attempt, breaker, failing } = setUp();
    await failing(2);
    await attempt(answer);
    await failing(2);
    expect(breaker.state()).toBe('closed');
  });

  it('sends one probe alone, and the others after it when it succeeds', async () => {
    const { breaker, failing, pass } = setUp();
    await failing(3);
    pass(100);
    const probe = pending();
    const first = breaker.run(probe.make);
    let begun = 0;
    const make = async (is: boolean) => {
      begun += 1;
      return { result: OK, probe: is };
    };
    const others = [breaker.run(make), breaker.run(make)];
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toBe(0);
    probe.end(OK);
    expect(await Promise.all([first, ...others])).toEqual([true, false, false].map((is) => ({ result: OK, probe: is })));
  });

  it('opens again when the probe fails, and holds the deliveries that waited for it', async () => {
    const { breaker, failing, pass, changes } = setUp();
    await failing(3);
    pass(100);
    const probe = pending();
    const first = breaker.run(probe.make);
    const other = breaker.run(answering(OK));
    probe.end(FAILED);
    expect(await first).toEqual({ result: FAILED, probe: true });
    expect(await other).toBe('held');
    expect(changes).toEqual(['open 100', 'probing', 'open 100']);
  });

  it('has the next one be the probe when the probe was not made after all', async () => {
    const { attempt, breaker, failing, pass } = setUp();
    await failing(3);
    pass(100);
    await expect(breaker.run(() => Promise.reject(new Error('stopping')))).rejects.toThrow('stopping');
    expect(await attempt(OK)).toEqual({ result: OK, probe: true });
  });

  it('opens at once for the time that the destination asks, up to the maximum', async () => {
    const { attempt, breaker, pass, changes } = setUp();
    await attempt(asking(500));
    expect(changes).toEqual(['open 500']);
    pass(500);
    await attempt(asking(86_400_000));
    expect(changes).toEqual(['open 500', 'probing', 'open 1000']);
    pass(1000);
    expect(breaker.state()).toBe('probing');
  });

  it('stays open longer when an attempt that was under way hears of a longer wait', async () => {
    const { attempt, breaker, pass, changes } = setUp();
    const slow = pending();
    const under = breaker.run(slow.make);
    await attempt(asking(200));
    slow.end(asking(300));
    await under;
    pass(200);
    expect(breaker.state()).toBe('open');
    pass(100);
    expect(changes).toEqual(['open 200', 'probing']);
  });

  it('is not closed by a success that began before it opened', async () => {
    const { breaker, failing } = setUp();
    const slow = pending();
    const under = breaker.run(slow.make);
    await failing(3);
    slow.end(OK);
    await under;
    expect(breaker.state()).toBe('open');
  });

  it('makes fewer than seventy attempts in ten minutes of outage, however many deliveries wait', async () => {
    const { attempt, failing, pass } = setUp({ cooldown: 10_000 });
    await failing(3);
    let made = 0;
    for (let second = 0; second < 600; second += 1) {
      pass(1000);
      for (const result of await Promise.all(Array.from({ length: 20 }, () => attempt(FAILED)))) if (result !== 'held') made += 1;
    }
    expect(made).toBe(60);
  });

  it('is not moved by what we cannot decrypt, open or closed, and shows it', async () => {
    const { attempt, breaker, failing, pass, changes } = setUp();
    for (let count = 0; count < 5; count += 1) await attempt(UNREADABLE);
    expect(breaker.status()).toMatchObject({ state: 'closed', failing: { failures: 5, reason: 'RB_KEY_MISSING' } });
    expect(breaker.failures()).toBe(0);
    await failing(3);
    pass(100);
    // The next one that can be read is the probe.
    expect(await attempt(UNREADABLE)).toEqual({ result: UNREADABLE, probe: true });
    expect(breaker.state()).toBe('probing');
    expect(await attempt(OK)).toEqual({ result: OK, probe: true });
    expect(changes).toEqual(['open 100', 'probing', 'closed']);
  });

  it('never opens when it is switched off', async () => {
    const { attempt, changes, failing } = setUp({ enabled: false });
    await failing(20);
    await attempt(asking(500));
    expect(await attempt(OK)).toEqual({ result: OK, probe: false });
    expect(changes).toEqual([]);
  });

  it('shows repeated failures of a single delivery without opening, until there is a sign of life', async () => {
    const { breaker, attempt, pass, changes } = setUp();
    for (let time = 0; time < 3; time += 1) {
      expect(breaker.status()).toEqual({ state: 'closed' });
      await breaker.run(answering(FAILED), true);
      pass(20_000);
    }
    expect(breaker.status()).toEqual({ state: 'closed', failing: { forMs: 60_000, failures: 3, reason: 'HTTP 500' } });
    await attempt(OK);
    expect(breaker.status()).toEqual({ state: 'closed' });
    expect(changes).toEqual([]);
  });
});
