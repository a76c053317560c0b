import { type Callback, callbackKey, groupCallbacks } from '@ringback/contracts';
import { testCallback } from '@ringback/testkit';
import { expect, it } from 'vitest';
import type { HistoryEvent } from '../events.ts';
import { rowsOf } from './rows-of.ts';

const [one, two] = [testCallback('one'), testCallback('two', { type: 'callbot.order' })];
const ref = (callback: Callback) => ({ key: callbackKey(callback), receivedAt: callback.receivedAt });
const at = one.receivedAt + 5;

const dispatched: HistoryEvent = {
  v: 1,
  kind: 'dispatched',
  batch: 'b1',
  at,
  settings: 's',
  groups: groupCallbacks([one, two]),
  fates: [
    { routes: [1], to: ['crm', 'ops'] },
    { routes: [], to: [], unrouted: { code: 'RB_UNROUTED', reason: 'no route matched' } },
  ],
  fateOf: [0, 1],
};

type Attempt = Extract<HistoryEvent, { kind: 'attempted' }>['attempts'][number];
const attempted = (attempt: Partial<Attempt>): HistoryEvent => {
  const first: Attempt = { ...ref(one), batch: 'b1', number: 1, at: at + 1, ms: 3, outcome: 'delivered' };
  return { v: 1, kind: 'attempted', output: 'crm', attempts: [{ ...first, ...attempt }] };
};

const rows = (...events: HistoryEvent[]) => rowsOf(events, ({ id }) => ({ task: `task of ${id}` }));

it('makes a row of each callback, and a waiting delivery for each output', () => {
  const { callbacks, deliveries } = rows(dispatched);
  const common = { batch: 'b1', dispatchedAt: at, settings: 's' };
  expect(callbacks).toEqual([
    { ...one, ...ref(one), ...common, fate: dispatched.fates[0], subjects: { task: 'task of one' } },
    { ...two, ...ref(two), ...common, fate: dispatched.fates[1], subjects: { task: 'task of two' } },
  ]);
  expect(deliveries).toEqual(['crm', 'ops'].map((output) => ({ ...ref(one), output, state: 'waiting', at: one.receivedAt })));
});

it('merges the attempts of the same write into the deliveries, in whatever order they come', () => {
  const failed = { outcome: 'retry', status: 500, reason: 'HTTP 500', fault: 'theirs', nextAt: at + 1000 } as const;
  const [retry, success] = [attempted(failed), attempted({ number: 2, at: at + 1000 })];
  const waits = {
    ...ref(one),
    output: 'crm',
    state: 'waiting',
    at: at + 4,
    reason: 'HTTP 500',
    fault: 'theirs',
    nextAt: at + 1000,
  };
  expect(rows(dispatched, retry).deliveries[0]).toEqual(waits);
  expect(rows(retry, dispatched).deliveries[0]).toEqual(waits);
  const delivered = { ...ref(one), output: 'crm', state: 'delivered', at: at + 1003 };
  for (const events of [
    [dispatched, retry, success],
    [success, retry, dispatched],
  ]) {
    const { deliveries, attempts } = rows(...events);
    expect(deliveries.find(({ output }) => output === 'crm')).toEqual(delivered);
    expect(attempts).toHaveLength(2);
  }
});

it('lets an attempt stand over a later run of its batch', () => {
  const again = { ...dispatched, at: at + 60_000, again: true as const };
  expect(rows(attempted({}), again).deliveries[0]).toMatchObject({ state: 'delivered' });
});

it('turns attempts that are over into dead letters, and changes into their state', () => {
  const dead = attempted({ outcome: 'dead', reason: 'HTTP 410', fault: 'theirs' });
  expect(rows(dispatched, dead).deliveries[0]).toMatchObject({ state: 'dead', reason: 'HTTP 410', fault: 'theirs' });
  const change = { v: 1, kind: 'changed', output: 'ops', at: at + 1, state: 'dropped', reason: 'full' } as const;
  const dropped = { ...change, deliveries: [{ ...ref(one), batch: 'b1' }] };
  expect(rows(dispatched, dropped).deliveries[1]).toMatchObject({ output: 'ops', state: 'dropped', reason: 'full' });
});

it('makes rows of repeats, refusals and actions', () => {
  const repeated = { v: 1, kind: 'repeated', batch: 'b2', at, repeats: [{ ...ref(one), as: 'duplicate' }] } as const;
  const counts = [{ source: 'callbot', code: 'RB_SIGN_MISMATCH', count: 3 }];
  const refused: HistoryEvent = { v: 1, kind: 'refused', process: 'p', minute: 60_000, counts };
  const acted = { v: 1, kind: 'acted', id: 'a', at, by: 'me@here', command: 'replay', facts: { count: 1 } } as const;
  expect(rows({ ...repeated, repeats: [...repeated.repeats] }, refused, acted)).toEqual({
    callbacks: [],
    repeats: [{ ...ref(one), as: 'duplicate' }],
    deliveries: [],
    attempts: [],
    refusals: [{ process: 'p', minute: 60_000, source: 'callbot', code: 'RB_SIGN_MISMATCH', count: 3 }],
    actions: [{ id: 'a', at, by: 'me@here', command: 'replay', facts: { count: 1 }, callbacks: [] }],
    gaps: [],
  });
});
