import { ALERTS } from '@ringback/contracts';
import { expect, it } from 'vitest';
import { keptRow, openTestHistory, T, writeRows } from '../test-history.ts';
import { plan } from './plan.ts';

const before = { outputs: ['crm', 'ops', 'old'], routes: [{ match: ['callbot.call'], when: 'data.n < 8', to: ['crm', 'ops'] }] };

async function history() {
  const store = await openTestHistory();
  const rows = Array.from({ length: 10 }, (_, i) => keptRow(i));
  // No route sees an alert of ours.
  const alert = keptRow(11, { source: ALERTS.source, account: ALERTS.account, type: `${ALERTS.type}.firing` });
  await writeRows(store, [...rows, keptRow(10, { body: undefined }), alert]);
  return store;
}

const none = { count: 0, examples: [] };

it('shows a typo in a condition before it is applied: what is lost, and why', async () => {
  const after = {
    outputs: ['crm', 'ops', 'new'],
    routes: [
      { match: ['callbot.call'], when: 'data.m < 8', to: ['ops'] },
      { match: ['callbot.call'], when: 'data.n == 9', to: ['new'] },
      { when: 'data.n == 8', drop: 'not now' },
    ],
  };
  const planned = await plan({ store: await history(), before, after });
  const lost = { count: 8, examples: ['r-7', 'r-6', 'r-5', 'r-4', 'r-3'] };
  expect(planned).toEqual({
    examined: 10,
    withoutBody: 1,
    outputs: [
      { output: 'crm', gained: none, lost, same: 0 },
      { output: 'ops', gained: none, lost, same: 0 },
      { output: 'old', gained: none, lost: none, same: 0, only: 'before' },
      { output: 'new', gained: { count: 1, examples: ['r-9'] }, lost: none, same: 0, only: 'after' },
    ],
    unrouted: { before: 2, after: 8, gained: lost, lost: { count: 2, examples: ['r-9', 'r-8'] } },
    dropped: { before: 0, after: 1, gained: { count: 1, examples: ['r-8'] }, lost: none },
    conditionErrors: {
      before: {},
      after: { 'route 1: no such key: m': { count: 10, examples: ['r-9', 'r-8', 'r-7', 'r-6', 'r-5'] } },
    },
    routesOnly: { before: [1], after: [1, 2, 3] },
    differs: true,
  });
});

it('takes the newest of a range, and tells no difference where there is none', async () => {
  const store = await history();
  const other = { ...before, routes: [{ when: 'data.n < 8', to: ['ops', 'crm'] }] };
  const whole = await plan({ store, before, after: other });
  expect(whole).toMatchObject({ examined: 10, routesOnly: { before: [1], after: [1] }, differs: false });
  expect(await plan({ store, before, after: other, last: 3 })).toMatchObject({ examined: 3, withoutBody: 1 });
  expect(await plan({ store, before, after: other, since: T + 2, until: T + 5 })).toMatchObject({ examined: 3, withoutBody: 0 });
});
