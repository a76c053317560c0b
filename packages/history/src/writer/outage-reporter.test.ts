import { RingbackError } from '@ringback/contracts';
import { expect, it, vi } from 'vitest';
import { createOutageReporter } from './outage-reporter.ts';

it('says once more that a person is needed, and calls a bug a bug', () => {
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const outage = createOutageReporter(logger);
  const unavailable = new RingbackError('RB_HISTORY_UNAVAILABLE', 'away');
  const unusable = new RingbackError('RB_HISTORY_UNUSABLE', 'moved');
  for (const error of [unavailable, unavailable, unusable, unavailable, unusable]) outage.began(error);
  outage.over();
  const bug = new TypeError('x is not a function');
  outage.began(bug);
  expect(logger.error.mock.calls.map(([line]: unknown[]) => line)).toEqual([
    { code: 'RB_HISTORY_UNAVAILABLE', reason: 'away' },
    { code: 'RB_HISTORY_UNUSABLE', reason: 'moved' },
    { code: 'RB_INTERNAL', err: bug },
  ]);
});
