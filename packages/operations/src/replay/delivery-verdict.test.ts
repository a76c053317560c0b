import { placeOfKey } from '@ringback/contracts';
import { type CallbackRow, NO_ROWS } from '@ringback/history';
import { expect, it } from 'vitest';
import { keptRow, T } from '../test-history.ts';
import { surveyReplay } from './survey.ts';
import { createWorld } from './test-replay.ts';

it('asks where deliveries stand of which the history says that they wait, and takes those that do not', async () => {
  const { store, run, hold, ledger, findMoving, unasked, heldAt } = await createWorld(6);
  const rows = Array.from({ length: 6 }, (_, i) => keptRow(i));
  const action = { id: 'replay.r0.1', at: T + 9, by: 'me@here', command: 'replay', facts: {}, callbacks: rows.slice(4, 5) };
  const deliveries = rows.map(({ key, receivedAt }, i) => {
    const state = i === 3 ? ('parked' as const) : ('waiting' as const);
    return { key, receivedAt, output: 'crm', state, at: T + 9 };
  });
  await store.write({ ...NO_ROWS, deliveries, actions: [action] });
  const [delivered, , held, parked, again, returned] = rows;
  if (!delivered || !held || !parked || !again || !returned) throw new Error('rows are missing');
  await ledger.record('crm', [{ batch: 'b0', key: delivered.key, outcome: 'delivered' }]);
  await hold('crm', held, 'b2');
  await hold('crm', again, 'replay.r0.1');
  await ledger.record('crm', [{ batch: 'b5', key: returned.key, outcome: 'returned' }]);
  await store.rest.put([parked, returned].map(restOf));

  const counts = { callbacks: 6, deliveries: { crm: 3 }, onTheirWay: 3, notAsked: 0 };
  const target = { to: ['crm'] };
  expect(await surveyReplay(store, { filter: {}, target, findMoving })).toMatchObject(counts);
  const none = { callbacks: 6, deliveries: {}, onTheirWay: 0, notAsked: 6 };
  expect(await surveyReplay(store, { filter: {}, target, findMoving: unasked })).toMatchObject(none);
  expect(await run({ id: 'r2', findMoving: unasked })).toMatchObject(none);
  expect(await run()).toMatchObject(counts);
  expect((await heldAt('crm')).map(({ id }) => id)).toEqual(['r-2', 'r-4', 'r-0', 'r-1', 'r-5']);
});

it('takes by the state waiting or parked only what is lost', async () => {
  const { store, run, hold, queueBatch, ledger, findMoving, heldAt } = await createWorld(9);
  const rows = Array.from({ length: 9 }, (_, i) => keptRow(i));
  const [delivered, lost, held, parked, again, queued, lostAgain, lostParked, died] = rows;
  if (!delivered || !lost || !held || !parked || !again || !queued || !lostAgain || !lostParked || !died)
    throw new Error('no rows');
  const replayed = [again, lostAgain];
  const action = { id: 'replay.r0.1', at: T + 9, by: 'me@here', command: 'replay', facts: {}, callbacks: replayed };
  const deliveries = rows.map((row) => {
    const state = row === parked || row === lostParked ? ('parked' as const) : ('waiting' as const);
    const { key, receivedAt } = row;
    return { key, receivedAt, output: 'crm', state, at: T + 9, ...(replayed.includes(row) && { changed: true as const }) };
  });
  await store.write({ ...NO_ROWS, deliveries, actions: [action] });
  await ledger.record('crm', [
    { batch: 'b0', key: delivered.key, outcome: 'delivered' },
    { batch: 'b6', key: lostAgain.key, outcome: 'delivered' },
    { batch: 'b8', key: died.key, outcome: 'dead' },
  ]);
  await hold('crm', held, 'b2');
  await hold('crm', again, 'replay.r0.1');
  await queueBatch(queued, 'b5');
  await store.rest.put([restOf(parked)]);

  const target = { to: ['ops'] };
  const waiting = { callbacks: 7, deliveries: { ops: 2 }, onTheirWay: 3, ended: 2, notAsked: 0 };
  expect(await surveyReplay(store, { filter: { state: 'waiting' }, target, findMoving })).toMatchObject(waiting);
  expect(await run({ filter: { state: 'waiting' }, target })).toMatchObject(waiting);
  const byParked = { callbacks: 2, deliveries: { ops: 1 }, onTheirWay: 1, ended: 0, notAsked: 0 };
  expect(await run({ id: 'r2', filter: { state: 'parked', output: 'crm' }, target })).toMatchObject(byParked);
  expect((await heldAt('ops')).map(({ id }) => id)).toEqual(['r-1', 'r-6', 'r-7']);
});

function restOf({ key, id: requestID, source, account, type, batch, receivedAt }: CallbackRow) {
  const identity = { key, place: placeOfKey(key), requestID, source, account, type, batch, receivedAt };
  return { id: `rest-${key}`, kind: 'parked' as const, output: 'crm', ...identity, at: T + 9, payload: '{}' };
}
