import type { DeliveryResult, ErrorCode } from '@ringback/contracts';
import { describe, expect, it } from 'vitest';
import { settle, type SettleOptions, type Settlement, type Spent } from './settle.ts';

const NOW = 1_000_000_000;
const HOUR = 3_600_000;
const ATTEMPTS = 5;
const settings = { giveUpAfter: 72 * HOUR, minDelay: 1000, maxDelay: 60_000, probeAgainAfter: 10_000, mostWhileAway: 20_000 };

/** How far a delivery has come before the attempt. None of these differs by whether it is in a batch or alone: a batch has first attempts only. */
const BEFORE = {
  first: { attempts: 0, uncounted: 0 },
  later: { attempts: 2, uncounted: 1, failingSince: NOW - HOUR },
  last: { attempts: 4, uncounted: 1, failingSince: NOW - HOUR },
  'out of time': { attempts: 2, uncounted: 1, failingSince: NOW - 72 * HOUR },
} as const satisfies Record<string, Spent>;
type Before = keyof typeof BEFORE;

const RESULTS = {
  delivered: { outcome: 'delivered' },
  away: { outcome: 'retry', failure: 'unavailable', reason: 'refused' },
  'away, asks for 90 s': { outcome: 'retry', failure: 'unavailable', reason: 'HTTP 429', afterMs: 90_000 },
  error: { outcome: 'retry', failure: 'error', reason: 'HTTP 500', answer: 'sorry' },
  'error, asks for 90 s': { outcome: 'retry', failure: 'error', reason: 'HTTP 500', afterMs: 90_000 },
  'our error': { outcome: 'retry', failure: 'error', reason: 'internal error', fault: 'ours' },
  unreadable: { outcome: 'retry', failure: 'unreadable', reason: 'RB_KEY_MISSING', fault: 'ours' },
  refused: { outcome: 'dead', reason: 'HTTP 410', answer: 'gone' },
  'our refusal': { outcome: 'dead', reason: 'bad template', fault: 'ours' },
} as const satisfies Record<string, DeliveryResult>;
type Result = keyof typeof RESULTS;

function decide(result: Result, before: Before, probe = false, over: Partial<SettleOptions['delivery']> = {}): Settlement {
  const delivery = { spent: BEFORE[before], attempts: ATTEMPTS, probe, ...over };
  return settle(RESULTS[result], { delivery, settings, now: NOW, jitter: 1 });
}

/** In a word or two: outcome, what it cost, the wait. */
function said(settlement: Settlement): string {
  switch (settlement.outcome) {
    case 'delivered':
      return 'delivered';
    case 'retry':
      return `retry: ${settlement.counted ? 'attempt' : 'time'}, ${settlement.waitMs}`;
    case 'dead':
      return `dead: ${settlement.fault}, ${settlement.reason}`;
    default:
      return settlement satisfies never;
  }
}

const all = (text: string): Record<Before, string> => ({ first: text, later: text, last: text, 'out of time': text });
const DAYS = 'given up after 3 days';

const TABLE: Record<Result, Record<Before, string>> = {
  delivered: all('delivered'),
  away: {
    first: 'retry: time, 1000',
    later: 'retry: time, 8000',
    last: 'retry: time, 20000',
    'out of time': `dead: theirs, ${DAYS}: refused`,
  },
  'away, asks for 90 s': { ...all('retry: time, 90000'), 'out of time': `dead: theirs, ${DAYS}: HTTP 429` },
  error: {
    first: 'retry: attempt, 1000',
    later: 'retry: attempt, 4000',
    last: 'dead: theirs, given up after 5 attempts: HTTP 500',
    'out of time': `dead: theirs, ${DAYS}: HTTP 500`,
  },
  'error, asks for 90 s': {
    ...all('retry: attempt, 90000'),
    last: 'dead: theirs, given up after 5 attempts: HTTP 500',
    'out of time': `dead: theirs, ${DAYS}: HTTP 500`,
  },
  'our error': {
    first: 'retry: attempt, 1000',
    later: 'retry: attempt, 4000',
    last: 'dead: ours, RB_INTERNAL: given up after 5 attempts: internal error',
    'out of time': `dead: ours, RB_INTERNAL: ${DAYS}: internal error`,
  },
  unreadable: {
    first: 'retry: time, 1000',
    later: 'retry: time, 8000',
    last: 'retry: time, 32000',
    'out of time': `dead: ours, RB_INTERNAL: ${DAYS}: RB_KEY_MISSING`,
  },
  refused: all('dead: theirs, HTTP 410'),
  'our refusal': all('dead: ours, RB_INTERNAL: bad template'),
};

/** A probe uses up no attempt. Where it found the destination away, it may be the next probe. */
const PROBES: Record<Result, Record<Before, string>> = {
  ...TABLE,
  away: { ...all('retry: time, 10000'), 'out of time': `dead: theirs, ${DAYS}: refused` },
  error: {
    first: 'retry: time, 1000',
    later: 'retry: time, 8000',
    last: 'retry: time, 20000',
    'out of time': `dead: theirs, ${DAYS}: HTTP 500`,
  },
  'error, asks for 90 s': { ...all('retry: time, 90000'), 'out of time': `dead: theirs, ${DAYS}: HTTP 500` },
  'our error': {
    first: 'retry: time, 1000',
    later: 'retry: time, 8000',
    last: 'retry: time, 20000',
    'out of time': `dead: ours, RB_INTERNAL: ${DAYS}: internal error`,
  },
};

const names = Object.keys(RESULTS) as Result[]; // The keys of a literal.
const times = Object.keys(BEFORE) as Before[];
const cases = names.flatMap((result) => times.map((before) => ({ result, before })));

describe('what becomes of a delivery', () => {
  it.each(cases)('$result at the $before attempt', ({ result, before }) => {
    expect(said(decide(result, before))).toBe(TABLE[result][before]);
  });

  it.each(cases)('$result as a probe at the $before attempt', ({ result, before }) => {
    expect(said(decide(result, before, true))).toBe(PROBES[result][before]);
  });

  it.each(['error', 'our error'] as const)(
    'is the dead letter at once after an %s where one attempt is all there is',
    (result) => {
      expect(decide(result, 'first', false, { attempts: 1 })).toMatchObject({ outcome: 'dead', spent: { attempts: 1 } });
      expect(decide(result, 'first', true, { attempts: 1 })).toMatchObject({ outcome: 'retry', counted: false });
      expect(decide('away', 'first', false, { attempts: 1 })).toMatchObject({ outcome: 'retry', counted: false });
    },
  );
});

describe('what it has spent then', () => {
  it.each([
    ['error', 'first', false, { attempts: 1, uncounted: 0, failingSince: NOW }],
    ['error', 'later', false, { attempts: 3, uncounted: 1, failingSince: NOW - HOUR }],
    ['error', 'last', false, { attempts: 5, uncounted: 1, failingSince: NOW - HOUR }],
    ['error', 'later', true, { attempts: 2, uncounted: 2, failingSince: NOW - HOUR }],
    ['away', 'first', false, { attempts: 0, uncounted: 1, failingSince: NOW }],
    ['away', 'last', true, { attempts: 4, uncounted: 2, failingSince: NOW - HOUR }],
    ['refused', 'first', false, { attempts: 1, uncounted: 0, failingSince: NOW }],
  ] as const)('%s at the %s attempt, probe: %s', (result, before, probe, spent) => {
    expect(decide(result, before, probe)).toMatchObject({ spent });
  });
});

describe('a dead letter', () => {
  it.each(['refused', 'error'] as const)('keeps what the destination answered: %s', (result) => {
    expect(decide(result, 'last')).toMatchObject({ outcome: 'dead', answer: result === 'refused' ? 'gone' : 'sorry' });
  });
});

describe('the run of a job that broke', () => {
  const broken = (spent: Spent, { code = 'RB_INTERNAL', attempts = 3 }: { code?: ErrorCode; attempts?: number } = {}) =>
    settle(
      { outcome: 'broken', code, reason: 'oops' },
      { delivery: { spent, attempts, probe: false }, settings, now: NOW, jitter: 1 },
    );

  it('is our fault, and run again as often as it has attempts', () => {
    const reason = 'RB_INTERNAL: oops';
    expect(broken(BEFORE.first)).toMatchObject({ outcome: 'retry', counted: true, waitMs: 1000, reason, fault: 'ours' });
    expect(broken(BEFORE.later, { attempts: 4 })).toMatchObject({ outcome: 'retry', counted: true, waitMs: 8000 });
    expect(broken(BEFORE.later)).toMatchObject({ outcome: 'dead', reason, fault: 'ours' });
  });

  it('does not begin the time that a delivery may fail', () => {
    expect(broken(BEFORE.first)).toMatchObject({ outcome: 'retry', spent: { attempts: 1, uncounted: 0 } });
    expect(broken(BEFORE.first)).not.toHaveProperty('spent.failingSince');
    expect(broken(BEFORE['out of time'], { attempts: 4 })).toMatchObject({ outcome: 'retry' });
  });

  it('costs time only while Redis has no room for what must be tried again, for as long as that lasts', () => {
    const full = { code: 'RB_OVERLOADED', attempts: 1 } as const;
    const spent = { attempts: 0, uncounted: 1 };
    expect(broken(BEFORE.first, full)).toEqual({
      outcome: 'retry',
      counted: false,
      waitMs: 1000,
      reason: 'RB_OVERLOADED: oops',
      fault: 'ours',
      spent,
    });
    expect(broken({ attempts: 0, uncounted: 5000 }, full)).toMatchObject({ outcome: 'retry', counted: false, waitMs: 60_000 });
  });

  it('is the last one if the payload cannot be read', () => {
    const settled = broken(BEFORE.first, { code: 'RB_PAYLOAD_INVALID', attempts: 200 });
    expect(settled).toMatchObject({ outcome: 'dead', reason: 'RB_PAYLOAD_INVALID: oops', fault: 'ours' });
  });
});

it('waits the more random time the longer it waits', () => {
  const waits = [0, 0.5, 1].map((jitter) =>
    settle(RESULTS.error, { delivery: { spent: BEFORE.later, attempts: ATTEMPTS, probe: false }, settings, now: NOW, jitter }),
  );
  expect(waits.map(said)).toEqual([2000, 3000, 4000].map((ms) => `retry: attempt, ${ms}`));
});
