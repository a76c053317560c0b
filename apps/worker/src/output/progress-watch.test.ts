import { describe, expect, it } from 'vitest';
import { createProgressWatch, whenStuck } from './progress-watch.ts';

/** ms between two looks: the time that these tests let pass between two of them is no freeze. */
const EVERY = 1000;

function setUp({ longestStep = 0 } = {}) {
  const seen = { time: 0, progress: 0, waits: true as boolean | Error, redisRefuses: false };
  const crm = {
    name: 'crm',
    longestStep,
    redisRefuses: () => seen.redisRefuses,
    progress: () => seen.progress,
    workWaits: () => (seen.waits instanceof Error ? Promise.reject(seen.waits) : Promise.resolve(seen.waits)),
  };
  const look = createProgressWatch({
    stuckAfter: () => 60,
    every: () => EVERY,
    now: () => seen.time,
    watched: () => [crm],
  });
  const at = (time: number, change: Partial<typeof seen> = {}) => {
    Object.assign(seen, change, { time });
    return look();
  };
  return { at, look };
}

describe('the progress watch', () => {
  it('names the consumer that makes no progress while work waits', async () => {
    const { at } = setUp();
    expect([await at(0), await at(59), await at(60)]).toEqual([undefined, undefined, 'crm']);
  });

  it.each([
    ['there was progress', { progress: 1 }],
    ['no work waited', { waits: false }],
    ['Redis could not tell', { waits: new Error('away') }],
    ['Redis refuses what the work needs', { redisRefuses: true }],
  ])('gives it the whole time anew when %s', async (_what, change) => {
    const { at } = setUp();
    await at(0);
    await at(50, change);
    expect(await at(60, { waits: true, redisRefuses: false })).toBeUndefined();
    expect([await at(109), await at(110)]).toEqual([undefined, 'crm']);
  });

  it('gives it the whole time anew when the process itself, or the machine, stood still', async () => {
    const { at } = setUp();
    await at(0);
    const woken = 22_000;
    expect([await at(woken), await at(woken + 59), await at(woken + 60)]).toEqual([undefined, undefined, 'crm']);
  });

  it('waits longer where a single step may take longer', async () => {
    const { at } = setUp({ longestStep: 1000 });
    expect([await at(0), await at(1059), await at(1060)]).toEqual([undefined, undefined, 'crm']);
  });

  it('looks again and again until something is stuck', async () => {
    let looks = 0;
    const look = () => Promise.resolve((looks += 1) === 3 ? 'crm' : undefined);
    expect(await whenStuck({ look, every: () => 1, stop: new AbortController().signal })).toBe('crm');
  });

  it('ends with the process', async () => {
    const stop = new AbortController();
    const watching = whenStuck({ look: () => Promise.resolve(undefined), every: () => 60_000, stop: stop.signal });
    stop.abort();
    expect(await watching).toBeUndefined();
  });
});
