import { describe, expect, it } from 'vitest';
import { backoff } from './backoff.ts';

const bounds = { minDelay: 200, maxDelay: 5000 };
const longest = () => 1;
const shortest = () => 0;

describe('backoff', () => {
  it('doubles from minDelay up to maxDelay', () => {
    expect([1, 2, 3, 4, 5, 6, 60].map((attempt) => backoff(bounds, attempt, 0, longest))).toEqual([
      200, 400, 800, 1600, 3200, 5000, 5000,
    ]);
  });

  it('takes off at most half, by chance', () => {
    expect([1, 2, 6].map((attempt) => backoff(bounds, attempt, 0, shortest))).toEqual([100, 200, 2500]);
  });

  it('never undercuts what the destination asked for', () => {
    expect(backoff(bounds, 1, 30_000, longest)).toBe(30_000);
    expect(backoff(bounds, 6, 1000, longest)).toBe(5000);
  });
});
