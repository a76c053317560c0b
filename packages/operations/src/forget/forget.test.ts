import { placeOfKey, RingbackError } from '@ringback/contracts';
import { type HistoryStore, NO_ROWS, type RestEntry } from '@ringback/history';
import { expect, it } from 'vitest';
import { keptRow, openTestHistory, T, writeRows } from '../test-history.ts';
import { forget } from './forget.ts';
import { createPerson } from './person.ts';
import { phoneMatcher } from './phone.ts';

const PHONE = '12025550100';

function forgetPhone(history: HistoryStore, decrypting?: Parameters<typeof createPerson>[2]) {
  const matches = phoneMatcher(PHONE);
  if (matches === undefined) throw new Error('no phone number');
  const person = createPerson({ phones: [matches], requestIDs: [], tasks: [] }, () => undefined, decrypting);
  const spool = () => Promise.resolve({ removed: 0, notReached: [] });
  return forget({ places: { shardCount: 1, shards: [], history }, person, dryRun: false, away: [], patience: 0, spool });
}

function restEntry(id: string, more: Partial<RestEntry> = {}): RestEntry {
  const { key, source, account, type, receivedAt } = keptRow(0, { id });
  const of = { key, place: placeOfKey(key), requestID: id, source, account, type, receivedAt };
  return { ...of, id: `crm ${id}`, kind: 'parked', output: 'crm', at: T, payload: '{}', ...more };
}

const idsIn = async ({ rest }: HistoryStore) => (await rest.find({}, { limit: 9 })).map(({ id }) => id);

it('finds a phone number in every text of a callback whose body is gone', async () => {
  const history = await openTestHistory();
  const rows = [
    { id: `id ${PHONE}` },
    { about: `call of ${PHONE}` },
    { type: `callbot.${PHONE}` },
    { subjects: { task: PHONE } },
    { subjects: { task: 'T1', userTask: `+${PHONE}` } },
    { subjects: { task: 'T2', order: `${PHONE}-1` } },
    { subjects: { order: 'O', call: PHONE } },
    { subjects: { task: 'T3', progress: { state: PHONE } } },
    { fate: { routes: [], to: [], unrouted: { code: 'C', reason: `of ${PHONE}` } } },
    // Times are no phone numbers.
    { time: Number(PHONE), subjects: { task: 'T4' } },
    { subjects: { task: 'T5', order: `${PHONE}9` } },
  ].map((more, i) => keptRow(i, { ...more, body: undefined }));
  await writeRows(history, rows);
  expect(await forgetPhone(history)).toMatchObject({ removed: [{ place: 'history', count: 9 }] });
  expect((await history.find({}, { limit: 20 })).map(({ subjects }) => subjects.task)).toEqual(['T5', 'T4']);
  expect((await history.tasks(9)).map(({ task }) => task).toSorted()).toEqual(['T4', 'T5']);
  expect(await history.find({ id: `${PHONE}-1` }, { limit: 9 })).toEqual([]);
});

it('finds a phone number in why an attempt or a delivery failed, and in all texts of what rests', async () => {
  const history = await openTestHistory();
  const [attempted, delivered] = [keptRow(1), keptRow(2)];
  await writeRows(history, [attempted, delivered, keptRow(3)]);
  const of = (row: typeof attempted) => ({
    key: row.key,
    receivedAt: row.receivedAt,
    output: 'crm',
    at: T,
    reason: `no ${PHONE}`,
  });
  await history.write({
    ...NO_ROWS,
    attempts: [{ ...of(attempted), number: 1, ms: 1, outcome: 'dead' }],
    deliveries: [{ ...of(delivered), state: 'dead' }],
  });
  await history.rest.put([restEntry(PHONE), restEntry('a', { reason: `no ${PHONE}` }), restEntry('b', { type: PHONE })]);
  await history.rest.put([restEntry('stays')]);
  expect(await forgetPhone(history)).toMatchObject({
    removed: [
      { place: 'history', count: 2 },
      { place: 'at rest in the history', count: 3 },
    ],
  });
  expect((await history.find({}, { limit: 9 })).map(({ id }) => id)).toEqual(['r-3']);
  expect(await idsIn(history)).toEqual(['crm stays']);
});

it('looks at what rests once more, for what was parked while the rest was looked at', async () => {
  const history = await openTestHistory();
  let looks = 0;
  const rest: HistoryStore['rest'] = {
    ...history.rest,
    async find(filter, page) {
      const found = await history.rest.find(filter, page);
      looks += 1;
      // As a worker does that had read the delivery before it was removed.
      if (looks === 1) await history.rest.put([restEntry('late', { payload: PHONE })]);
      return found;
    },
  };
  expect(await forgetPhone({ ...history, rest })).toMatchObject({
    removed: [{ place: 'at rest in the history', count: 1 }],
    notReached: [],
  });
  expect(await idsIn(history)).toEqual([]);
});

it('goes on past what it cannot decrypt, and says how much that was', async () => {
  const history = await openTestHistory();
  await writeRows(history, [keptRow(1, { body: PHONE }), keptRow(2, { body: 'sealed' })]);
  await history.rest.put([restEntry('r', { payload: JSON.stringify({ id: 'r', body: 'sealed' }) })]);
  const missing = new RingbackError('RB_KEY_MISSING', 'a body is encrypted with key K');
  const forgot = await forgetPhone(history, {
    open(callback) {
      if (callback.body === 'sealed') throw missing;
      return callback;
    },
    openPayload() {
      throw missing;
    },
  });
  expect(forgot).toMatchObject({
    removed: [{ place: 'history', count: 1 }],
    notReached: [expect.stringMatching(/^2 in the history/)],
  });
  expect((await history.find({}, { limit: 9 })).map(({ id }) => id)).toEqual(['r-2']);
});
