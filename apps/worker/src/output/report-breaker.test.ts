import { SILENT } from '@ringback/contracts';
import { expect, it } from 'vitest';
import type { BreakerChange } from './breaker.ts';
import { createBreakerReport } from './report-breaker.ts';

function setUp() {
  let clock = 0;
  const lines: (readonly [string, Readonly<Record<string, unknown>>])[] = [];
  const log = (fields: object, message: string) => void lines.push([message, { ...fields }]);
  const report = createBreakerReport({ output: 'crm', now: () => clock, logger: { ...SILENT, info: log, warn: log } });
  /** A pause of 10 s, and its probe. */
  const pause = (reason: string) => {
    const open: BreakerChange = { state: 'open', reason, forMs: 10_000, failures: 3, failingMs: clock };
    report(open);
    clock += 10_000;
    report({ state: 'probing' });
  };
  return { lines, pause, report };
}

const [PAUSED, PROBED, RECOVERED] = ['output paused after failures', 'trying one delivery', 'output recovered'];

it('an outage of five minutes with a probe every 10 s is a line a minute, and not 60', () => {
  const { lines, pause, report } = setUp();
  for (let count = 0; count < 30; count += 1) pause('HTTP 503');
  report({ state: 'closed' });
  expect(lines.map(([message]) => message)).toEqual([...Array.from({ length: 5 }, () => [PAUSED, PROBED]).flat(), RECOVERED]);
  expect(lines[0]?.[1]).toMatchObject({ code: 'RB_OUTPUT_FAILING', output: 'crm', reason: 'HTTP 503', forMs: 10_000 });
  expect(lines[0]?.[1]).not.toHaveProperty('repeated');
  expect(lines[2]?.[1]).toMatchObject({ reason: 'HTTP 503', repeated: 5 });
  expect(lines.at(-1)?.[1]).toEqual({ output: 'crm', breaker: 'closed', probes: 30, seconds: 300 });
});

it('says each new reason at once, and the next outage anew', () => {
  const { lines, pause, report } = setUp();
  for (const reason of ['HTTP 503', 'HTTP 503', 'connection refused', 'HTTP 503']) pause(reason);
  report({ state: 'closed' });
  pause('HTTP 503');
  expect(lines.map(([message, { reason }]) => (message === PAUSED ? reason : message))).toEqual([
    'HTTP 503',
    PROBED,
    'connection refused',
    PROBED,
    RECOVERED,
    'HTTP 503',
    PROBED,
  ]);
});
