import { expect, it, vi } from 'vitest';
import { createSkewReporter } from './clock-skew.ts';

it('tells once that our clock is off, again when that has changed much, and when it is over', () => {
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const report = createSkewReporter(logger);
  const hour = 3_600_000;
  for (const ahead of [0, 4000, -4000, 6 * hour, 6 * hour + 1000, 6 * hour, -3 * hour, -3 * hour - 4000, 0, 0]) report(ahead);
  expect(logger.warn.mock.calls).toEqual([
    [{ code: 'RB_CLOCK_SKEW', seconds: 21_600 }, "our clock is 21600 s ahead of Redis's"],
    [{ code: 'RB_CLOCK_SKEW', seconds: -10_800 }, "our clock is 10800 s behind Redis's"],
  ]);
  expect(logger.info.mock.calls).toEqual([[{}, "our clock agrees with Redis's again"]]);
});
