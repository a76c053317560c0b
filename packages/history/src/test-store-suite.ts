import { describe, expect, it } from 'vitest';
import { type CallbackRow, NO_ROWS } from './rows.ts';
import type { HistoryStore } from './store.ts';
import { attemptRow, callbackRow, callbackRows, deliveryRow, T } from './test-rows.ts';

/** Where a store is. `open` opens it once more, as another process would; what is open is closed when the test is over. */
export type StorePlace = { readonly open: () => Promise<HistoryStore> };

/** What every store must do. `create` makes an empty one. */
export function describeStore(name: string, create: () => Promise<StorePlace>): void {
  describe(`${name}: what is written`, () => {
    describeWriting(create);
  });
  describe(`${name}: tasks`, () => {
    describeTasks(create);
  });
}

function describeWriting(create: () => Promise<StorePlace>): void {
  it('is found, the newest first, with its deliveries', async () => {
    const store = await (await create()).open();
    const callbacks = callbackRows(3);
    await store.write({ ...NO_ROWS, callbacks, deliveries: callbacks.map((row) => deliveryRow(row)) });
    const found = await store.find({}, { limit: 2, bodies: true });
    const expected = callbacks.toReversed().map((row) => ({
      ...row,
      repeats: { duplicates: 0, conflicts: 0 },
      deliveries: [deliveryRow(row)],
    }));
    expect(found).toEqual(expected.slice(0, 2));
    const rest = await store.find({}, { limit: 2, after: found.at(-1) });
    expect(rest).toEqual(expected.slice(2).map((row) => ({ ...row, body: undefined })));
    expect(await store.count({})).toBe(3);
  });

  it('is told as a story, attempts in order of time, also if an attempt came before its callback', async () => {
    const store = await (await create()).open();
    const row = callbackRow('a');
    const attempts = [
      attemptRow(row, { outcome: 'retry', status: 500, reason: 'HTTP 500', fault: 'theirs', nextAt: T + 1000 }),
      attemptRow(row, { number: 2, at: T + 1000, answer: 'thanks' }),
    ];
    await store.write({
      ...NO_ROWS,
      attempts: attempts.toReversed(),
      deliveries: [deliveryRow(row, { state: 'delivered', at: T + 1020 })],
    });
    expect(await store.stories([row])).toEqual([]);
    await store.write({ ...NO_ROWS, callbacks: [row], deliveries: [deliveryRow(row)] });
    const [story] = await store.stories([row]);
    expect(story).toMatchObject({ ...row, attempts, actions: [], deliveries: [{ state: 'delivered' }] });
  });
}

const ofTask = (i: number, subjects: CallbackRow['subjects']) =>
  callbackRow(`t-${i}`, { receivedAt: T + i, subjects: { task: 'T1', userTask: 'mine', ...subjects } });

function describeTasks(create: () => Promise<StorePlace>): void {
  it('counts what came with a callback of its own, and names the orders that only calls name', async () => {
    const store = await (await create()).open();
    const callbacks = [
      ofTask(1, { progress: { state: 'in_progress', orders: 3, ordersFinished: 1, calls: 2 } }),
      ofTask(2, { order: 'O1', call: 'C1' }),
      ofTask(3, { order: 'O1', call: 'C1', orderFinished: true }),
      ofTask(4, { order: 'O2', call: 'C2' }),
      ofTask(5, { order: 'O3', call: 'C3', orderFinished: false }),
      ofTask(6, { progress: { state: 'completed', orders: 3, ordersFinished: 3, calls: 3 } }),
    ];
    for (const row of callbacks.toReversed()) await store.write({ ...NO_ROWS, callbacks: [row] });
    await store.write({ ...NO_ROWS, callbacks });
    const summary = {
      source: 'callbot',
      account: 'main',
      task: 'T1',
      userTask: 'mine',
      firstAt: T + 1,
      lastAt: T + 6,
      progress: { state: 'completed', orders: 3, ordersFinished: 3, calls: 3 },
      received: { orders: 2, ordersFinished: 1, calls: 2 },
    };
    expect(await store.tasks(5)).toEqual([summary]);
    const story = { ...summary, ordersMissing: ['O2'], ordersMissingCount: 1 };
    expect(await store.task('mine')).toEqual([
      {
        ...story,
        history: [
          { at: T + 1, state: 'in_progress', orders: 3, ordersFinished: 1, calls: 2 },
          { at: T + 6, state: 'completed', orders: 3, ordersFinished: 3, calls: 3 },
        ],
      },
    ]);
    expect(await store.task('T1')).toHaveLength(1);
  });
}
