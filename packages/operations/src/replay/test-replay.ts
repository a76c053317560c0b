import { createLedger } from '@ringback/ledger';
import type { CallbackRow, HistoryStore } from '@ringback/history';
import { type Bodies, createBatchWriter, createBodies } from '@ringback/queue';
import { testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { createMissing } from '../places.ts';
import { callbackOf } from '../recorded-callbacks.ts';
import { keptRow, openTestHistory, T, writeRows } from '../test-history.ts';
import { createFindMoving, type FindMoving } from './moving.ts';
import { replay, type ReplayOptions } from './replay.ts';
import { createReplayState } from './state.ts';

export class Killed extends Error {}

/** A history of so many callbacks, and replays of it that end in what outputs hold. */
export async function createWorld(count: number) {
  const { url, prefix } = testRedis();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const store = await openTestHistory();
  await writeRows(
    store,
    Array.from({ length: count }, (_, i) => keptRow(i)),
  );
  const access = { redis, prefix };
  const bodies = createBodies(access);
  const moving = (shards: readonly { number: number; redis: Redis; prefix: string }[]) =>
    createFindMoving({ store, places: { shardCount: 1, shards }, outputs: [], missing: createMissing() });
  const findMoving = moving([{ number: 0, ...access }]);
  const hold = (output: string, row: CallbackRow, batch: string) => {
    const shares = [{ output, callbacks: [recorded(row)], state: 'held', beyond: 'held' } as const];
    return bodies.store({ id: batch, batch, again: false, compact: true, shares });
  };
  const heldAt = async (output: string) => {
    const ids = await bodies.held(output);
    const shares = await Promise.all(ids.map((id) => bodies.read(id, output)));
    return shares.flatMap((share) => share?.callbacks ?? []);
  };
  const writeBatch = createBatchWriter(access);
  const queueBatch = (row: CallbackRow, id: string) => writeBatch({ id, callbacks: [recorded(row)] });
  const ledger = createLedger({ ...access, window: 60_000 });
  const run = createRun({ ...access, store, bodies, findMoving });
  return { store, run, heldAt, hold, queueBatch, ledger, findMoving, unasked: moving([]) };
}

function recorded(row: CallbackRow) {
  const callback = callbackOf(row);
  if (callback === undefined) throw new Error('it has no body');
  return callback;
}

/** Throws before or after a step: `at` counts both. */
function killAt(at: number) {
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
}

const confirm = async () => {};

type World = {
  readonly redis: Redis;
  readonly prefix: string;
  readonly store: HistoryStore;
  readonly bodies: Bodies;
  readonly findMoving: FindMoving;
};

function createRun({ redis, prefix, store, bodies, findMoving }: World) {
  return async (more: Partial<ReplayOptions> = {}, at = Number.POSITIVE_INFINITY) => {
    const guard = killAt(at);
    const state = createReplayState({ redis, prefix, id: more.id ?? 'r1', liveMs: 60_000, confirm });
    return replay({
      store: {
        find: (...args) => store.find(...args),
        stories: (refs) => store.stories(refs),
        write: (rows) => guard(() => store.write(rows)),
      },
      places: [{ bodies: { store: (request) => guard(() => bodies.store(request)) }, confirm }],
      state: {
        open: (plan) => state.open(plan),
        settle: (...args) => guard(() => state.settle(...args)),
        finish: (...args) => guard(() => state.finish(...args)),
      },
      ...DEFAULTS,
      findMoving,
      ...more,
    });
  };
}

const DEFAULTS = {
  room: { wait: async () => true },
  outputs: ['crm', 'ops'].map((name) => ({ name, limited: false })),
  id: 'r1',
  by: 'me@here',
  filter: {},
  target: { to: ['crm'] },
  newId: false,
  now: () => T + 100_000,
  sleep: async () => {},
  stopping: () => false,
  onProgress: () => {},
};
