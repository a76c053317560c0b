import { callbackKey, placeOfKey } from '@ringback/contracts';
import { createLedger } from '@ringback/ledger';
import { type CallbackRef, type CallbackRow, type HistoryStore, NO_ROWS } from '@ringback/history';
import { createBodies } from '@ringback/queue';
import { testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { keptRow, openTestHistory, T, writeRows } from '../test-history.ts';
import { callbackOf } from '../recorded-callbacks.ts';
import { createMissing } from '../places.ts';
import { createFindMoving } from './moving.ts';
import { replay, type ReplayOptions } from './replay.ts';
import { createReplayState } from './state.ts';
import { surveyReplay } from './survey.ts';

class Killed extends Error {}

async function createWorld(count: number) {
  const { url, prefix } = testRedis();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const store = await openTestHistory();
  await writeRows(
    store,
    Array.from({ length: count }, (_, i) => keptRow(i)),
  );
  const bodies = createBodies({ redis, prefix });
  const ledger = createLedger({ redis, prefix, window: 60_000 });
  const moving = (shards: readonly { number: number; redis: Redis; prefix: string }[]) =>
    createFindMoving({ store, places: { shardCount: 1, shards }, outputs: [], missing: createMissing() });
  const findMoving = moving([{ number: 0, redis, prefix }]);
  const hold = (output: string, row: CallbackRow, batch: string) => {
    const callback = callbackOf(row);
    if (callback === undefined) throw new Error('it has no body');
    return bodies.store({
      id: batch,
      batch,
      again: false,
      compact: true,
      shares: [{ output, callbacks: [callback], state: 'held', beyond: 'held' }],
    });
  };
  /** Throws before or after a step: `at` counts both. */
  const killAt = (at: number) => {
    let step = 0;
    const next = () => {
      step += 1;
      if (step === at) throw new Killed();
    };
    return async <R>(work: () => Promise<R>): Promise<R> => {
      next();
      const result = await work();
      next();
      return result;
    };
  };
  async function run(more: Partial<ReplayOptions> = {}, at = Number.POSITIVE_INFINITY) {
    const guard = killAt(at);
    const confirm = async () => {};
    const state = createReplayState({ redis, prefix, id: more.id ?? 'r1', liveMs: 60_000, confirm });
    const guarded = (own: HistoryStore): ReplayOptions['store'] => ({
      find: (...args) => own.find(...args),
      stories: (refs) => own.stories(refs),
      write: (rows) => guard(() => own.write(rows)),
    });
    return replay({
      store: guarded(store),
      places: [{ bodies: { store: (request) => guard(() => bodies.store(request)) }, confirm }],
      state: {
        open: (plan) => state.open(plan),
        settle: (...args) => guard(() => state.settle(...args)),
        finish: (...args) => guard(() => state.finish(...args)),
      },
      room: { wait: async () => true },
      outputs: ['crm', 'ops'].map((name) => ({ name, limited: false })),
      id: 'r1',
      by: 'me@here',
      filter: {},
      target: { to: ['crm'] },
      findMoving,
      newId: false,
      now: () => T + 100_000,
      sleep: async () => {},
      stopping: () => false,
      onProgress: () => {},
      ...more,
    });
  }
  const heldAt = async (output: string) => {
    const ids = await bodies.held(output);
    const shares = await Promise.all(ids.map((id) => bodies.read(id, output)));
    return shares.flatMap((share) => share?.callbacks ?? []);
  };
  return { store, run, heldAt, hold, ledger, findMoving, unasked: moving([]) };
}

const ids = (count: number) => Array.from({ length: count }, (_, i) => `r-${i}`);

it('queues each callback once, the oldest first, wherever it is killed', async () => {
  let kills = 0;
  for (let at = 1; kills === at - 1; at += 1) {
    const { run, heldAt } = await createWorld(110);
    await run({}, at).catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error;
      kills += 1;
    });
    expect(await run()).toMatchObject({ finished: true, callbacks: 110, deliveries: { crm: 110 }, onTheirWay: 0 });
    expect((await heldAt('crm')).map(({ id }) => id)).toEqual(ids(110));
  }
  expect(kills).toBe(2 * 2 * 4);
}, 60_000);

it('takes what the routes of today name, leaves out what has no body or is on its way, and says so', async () => {
  const { store, run, heldAt, hold, findMoving } = await createWorld(5);
  await writeRows(store, [keptRow(7, { body: undefined })]);
  const refOf = ({ key, receivedAt }: CallbackRef): CallbackRef => ({ key, receivedAt });
  const waiting = { ...refOf(keptRow(4)), output: 'crm', state: 'waiting', at: T + 5 } as const;
  const delivered = { ...waiting, ...refOf(keptRow(3)), output: 'ops', state: 'delivered' } as const;
  await store.write({ ...NO_ROWS, deliveries: [waiting, delivered] });
  await hold('crm', keptRow(4), 'b4');
  const target = {
    routes: [
      { when: 'data.n > 2', to: ['crm', 'ops'] },
      { when: 'data.n == 1', drop: 'not wanted' },
    ],
  };
  const counts = {
    callbacks: 6,
    deliveries: { crm: 1, ops: 2 },
    withoutBody: 1,
    onTheirWay: 1,
    unrouted: 2,
    dropped: 1,
    notAsked: 0,
  };
  expect(await surveyReplay(store, { filter: {}, target, findMoving })).toEqual({ ...counts, named: ['r-7'] });
  expect(await run({ target })).toEqual({ ...counts, finished: true, named: ['r-7'] });
  expect((await heldAt('crm')).map(({ id }) => id)).toEqual(['r-4', 'r-3']);
  expect((await heldAt('ops')).map(({ id }) => id)).toEqual(['r-3', 'r-4']);
  const [story] = await store.stories([keptRow(3)]);
  expect(story).toMatchObject({
    deliveries: [
      { output: 'crm', state: 'waiting', reason: 'replay r1' },
      { output: 'ops', state: 'waiting' },
    ],
    actions: [{ command: 'replay', by: 'me@here', facts: { replay: 'r1', to: 'routes', newId: false } }],
  });
});

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

function restOf({ key, id: requestID, source, account, type, batch, receivedAt }: CallbackRow) {
  const identity = { key, place: placeOfKey(key), requestID, source, account, type, batch, receivedAt };
  return { id: `rest-${key}`, kind: 'parked' as const, output: 'crm', ...identity, at: T + 9, payload: '{}' };
}

it('goes on only with what it was begun with, and gives new ids that stay the same', async () => {
  const { run, heldAt } = await createWorld(2);
  const newId = { newId: true, filter: { since: T } };
  await expect(run(newId)).resolves.toMatchObject({ finished: true, deliveries: { crm: 2 } });
  // `--since 2h` is another time in a second run.
  await expect(run({ ...newId, filter: { since: T + 1 } })).resolves.toMatchObject({ deliveries: { crm: 2 } });
  await expect(run()).rejects.toMatchObject({ code: 'RB_REPLAY_DIFFERS' });
  const held = await heldAt('crm');
  expect(held.map(({ deliverAs }) => deliverAs)).toEqual(held.map((callback) => `${callbackKey(callback)}_r1`));
});
