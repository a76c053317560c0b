import { expect, it } from 'vitest';
import { type CallbackRow, NO_ROWS } from './rows.ts';
import type { CreatePlace } from './test-place.ts';
import { callbackRow, T } from './test-rows.ts';

const ofTask = (i: number, subjects: CallbackRow['subjects']) =>
  callbackRow(`t-${i}`, { receivedAt: T + i, subjects: { task: 'T1', userTask: 'mine', ...subjects } });

export function describeTasks(create: CreatePlace): void {
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

export function describeCounting(create: CreatePlace): void {
  it('counts each order and call once, and keeps accounts apart', async () => {
    const store = await (await create()).open();
    const callbacks = [
      ofTask(1, { order: 'O1', orderFinished: false }),
      ofTask(2, { order: 'O1', orderFinished: true }),
      ofTask(3, { order: 'O1', call: 'C1' }),
      ofTask(4, { order: 'O1', call: 'C1' }),
      callbackRow('other', { account: 'second', receivedAt: T + 9, subjects: { task: 'T1', call: 'C1' } }),
    ];
    for (const row of callbacks) await store.write({ ...NO_ROWS, callbacks: [row] });
    const [newest, older] = await store.tasks(9);
    expect(newest).toMatchObject({ account: 'second', received: { orders: 0, ordersFinished: 0, calls: 1 } });
    expect(older).toMatchObject({ account: 'main', received: { orders: 1, ordersFinished: 1, calls: 1 } });
    expect(await store.tasks(1)).toEqual([newest]);
    expect(await store.task('T1')).toHaveLength(2);
  });

  it('tells each change once, and at most 1 000 missing orders', async () => {
    const store = await (await create()).open();
    const progress = [1, 1, 2, 2, 1].map((ordersFinished, i) => ofTask(i, { progress: { state: 'going', ordersFinished } }));
    const calls = Array.from({ length: 1001 }, (_, i) => ofTask(100 + i, { order: `O${i}`, call: `C${i}` }));
    await store.write({ ...NO_ROWS, callbacks: [...progress, ...calls] });
    const [story] = await store.task('T1');
    expect(story?.history.map(({ at, ordersFinished }) => [at - T, ordersFinished])).toEqual([
      [0, 1],
      [2, 2],
      [4, 1],
    ]);
    expect([story?.ordersMissing.length, story?.ordersMissingCount, story?.received]).toEqual([
      1000,
      1001,
      { orders: 0, ordersFinished: 0, calls: 1001 },
    ]);
  });
}
