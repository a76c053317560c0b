import { expect, it } from 'vitest';
import { createRates } from './rates.ts';

it('tells what is counted a second, over the last ten, and over a silence that was longer', () => {
  let [now, acked] = [0, 0];
  const look = createRates({ totals: () => ({ acked }), now: () => now });
  expect(look()).toEqual({ totals: { acked: 0 }, rates: { acked: 0 } });
  [now, acked] = [5000, 50];
  expect(look()).toEqual({ totals: { acked: 50 }, rates: { acked: 10 } });
  [now, acked] = [10_000, 50];
  expect(look().rates).toEqual({ acked: 5 });
  now = 15_000;
  expect(look().rates).toEqual({ acked: 0 });
  [now, acked] = [75_000, 110];
  expect(look().rates).toEqual({ acked: 1 });
});
