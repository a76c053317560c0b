import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { onceForAll } from './once-for-all.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const INTERVAL = 1000;

/** Each run ends when the test says so. */
function started() {
  const ends: (() => void)[] = [];
  const work = onceForAll(() => new Promise((resolve) => void ends.push(resolve)), INTERVAL);
  const turns = async () => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  const end = async () => {
    ends.at(-1)?.();
    await turns();
  };
  const ask = async (times: number) => {
    for (let time = 0; time < times; time += 1) {
      work.ask();
      await turns();
    }
  };
  return { work, ask, end, turns, runs: () => ends.length };
}

it('runs once for what is asked for during a run, and no more often than its interval', async () => {
  const { ask, end, turns, runs } = started();
  await ask(100);
  expect(runs()).toBe(1);
  await end();
  await ask(100);
  expect(runs()).toBe(1);
  vi.advanceTimersByTime(INTERVAL - 1);
  await turns();
  expect(runs()).toBe(1);
  vi.advanceTimersByTime(1);
  await turns();
  expect(runs()).toBe(2);
  await end();
  vi.advanceTimersByTime(10 * INTERVAL);
  await turns();
  expect(runs()).toBe(2);
});

it('runs one at a time, even if a run takes longer than the interval', async () => {
  const { work, ask, end, turns, runs } = started();
  await ask(2);
  vi.advanceTimersByTime(5 * INTERVAL);
  await ask(2);
  expect(runs()).toBe(1);
  await end();
  expect(runs()).toBe(2);
  await ask(1);
  const closed = work.close();
  await end();
  await closed;
  vi.advanceTimersByTime(5 * INTERVAL);
  await turns();
  expect(runs()).toBe(2);
});
