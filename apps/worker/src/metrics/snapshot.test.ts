import { expect, it } from 'vitest';
import { createSnapshot } from './snapshot.ts';

function setUp(read: () => Promise<number | undefined>, readWithin?: number) {
  const clock = { now: 0, failures: 0 };
  const snapshot = createSnapshot({
    read,
    now: () => clock.now,
    failed: () => void (clock.failures += 1),
    ...(readWithin && { readWithin }),
  });
  return { clock, snapshot };
}

it('reads at most once in 5 s, and shows nothing of before a failure', async () => {
  const answers: (number | undefined)[] = [1, 2, undefined, 3];
  const { clock, snapshot } = setUp(async () => answers.shift());
  expect([await snapshot(), await snapshot()]).toEqual([1, 1]);
  clock.now = 5000;
  expect(await snapshot()).toBe(2);
  clock.now = 10_000;
  expect([await snapshot(), await snapshot(), clock.failures]).toEqual([undefined, undefined, 1]);
  clock.now = 15_000;
  expect(await snapshot()).toBe(3);
});

it('a read that hangs is waited for, and is not begun a second time', async () => {
  let reads = 0;
  const { clock, snapshot } = setUp(() => {
    reads += 1;
    return new Promise(() => {});
  }, 1);
  expect(await snapshot()).toBeUndefined();
  clock.now = 6000;
  expect([await snapshot(), reads, clock.failures]).toEqual([undefined, 1, 2]);
});

it('a read that fails leaves it out', async () => {
  const { clock, snapshot } = setUp(() => Promise.reject(new Error('READONLY')));
  expect([await snapshot(), clock.failures]).toEqual([undefined, 1]);
});
