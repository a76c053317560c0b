import { callbackKey, type DeliveryResult } from '@ringback/contracts';
import type { HistoryEvent } from '@ringback/history';
import { testCallback } from '@ringback/testkit';
import { expect, it } from 'vitest';
import type { Attempted } from '../output/attempt.ts';
import { createHistoryEvents } from './events.ts';

const [one, two, three] = [testCallback('one'), testCallback('two'), testCallback('three')];
const ref = (callback: typeof one) => ({ key: callbackKey(callback), receivedAt: callback.receivedAt });

function setUp(answers = 0) {
  const events: HistoryEvent[] = [];
  const handOver = async (event: HistoryEvent) => void events.push(event);
  return { events, history: createHistoryEvents({ handOver, settings: 's', answers, now: () => 9 }) };
}

const NOTHING = { fresh: [], fates: [], businessDuplicates: [], duplicates: [], conflicts: [] };

it('tells of a batch once per fate, and of business duplicates and repeats', async () => {
  const { events, history } = setUp();
  const fate = { routes: [1], to: ['crm'] };
  const fresh = { fresh: [one, two], fates: [fate, fate], businessDuplicates: [three] };
  await history.dispatched({ ...NOTHING, ...fresh, batch: 'b', again: true, at: 5, duplicates: [one], conflicts: [two] });
  expect(events).toMatchObject([
    {
      kind: 'dispatched',
      batch: 'b',
      again: true,
      settings: 's',
      fates: [fate, { routes: [], to: [], businessDuplicate: true }],
      fateOf: [0, 0, 1],
    },
    {
      kind: 'repeated',
      repeats: [
        { ...ref(one), as: 'duplicate' },
        { ...ref(two), as: 'conflict' },
      ],
    },
  ]);
});

it('tells nothing of a batch of which nothing belongs here', async () => {
  const { events, history } = setUp();
  await history.dispatched({ ...NOTHING, batch: 'b', again: false, at: 5 });
  expect(events).toEqual([]);
});

const attempt = (result: DeliveryResult, settlement: Attempted['settlement']): Attempted => ({
  result,
  settlement,
  number: 2,
  at: 100,
  settledAt: 130,
  ms: 30,
});
const failed = { outcome: 'retry', failure: 'error', reason: 'HTTP 500', status: 500, answer: 'sorry: +49 30 é' } as const;
const spent = { attempts: 1, uncounted: 0 };
const settled = { outcome: 'retry', reason: 'HTTP 500', fault: 'theirs', counted: true, waitMs: 70, spent } as const;

it('makes of an attempt its status, reason and next try, by the clock of its settlement', () => {
  const { history } = setUp();
  const common = { ...ref(one), batch: 'b', number: 2, at: 100, ms: 30 };
  const of = (made: Attempted) => history.attemptOf({ batch: 'b', callback: one, key: callbackKey(one) }, made);
  const failure = { status: 500, reason: 'HTTP 500', fault: 'theirs', nextAt: 200 };
  expect(of(attempt(failed, settled))).toEqual({ ...common, outcome: 'retry', ...failure });
  const delivered = attempt({ outcome: 'delivered', status: 204, detail: 'HTTP 204' }, { outcome: 'delivered' });
  expect(of(delivered)).toEqual({ ...common, outcome: 'delivered', status: 204 });
});

it('keeps as much of an answer as the settings say, without half a character', () => {
  const { history } = setUp('sorry: +49 30 '.length + 1);
  const made = history.attemptOf({ batch: 'b', callback: one, key: 'k' }, attempt(failed, settled));
  expect(made.answer).toBe('sorry: +49 30 ');
});
