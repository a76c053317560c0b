import { expect, it } from 'vitest';
import { NO_ROWS } from './rows.ts';
import type { CreatePlace } from './test-place.ts';
import { attemptRow, callbackRow, callbackRows, deliveryRow, T } from './test-rows.ts';
import { restEntry } from './test-suite-rest.ts';
import { contentOf, someOfAll } from './test-suite-writing.ts';

const PHONE = '+4917012345678';

const ofTask = (id: string, userTask?: string) => callbackRow(id, { subjects: { task: 'T1', userTask } });

export function describePruning(create: CreatePlace): void {
  it('takes callbacks and all of theirs when their time is over', async () => {
    const store = await (await create()).open();
    await store.write(someOfAll());
    // Of a callback that was never written.
    const lost = callbackRow('lost', { receivedAt: T - 1 });
    await store.write({ ...NO_ROWS, deliveries: [deliveryRow(lost)], attempts: [attemptRow(lost)] });
    expect(await store.prune({ before: T + 3 })).toEqual({ callbacks: 3, bodies: 0 });
    expect((await store.find({}, { limit: 9 })).map(({ id }) => id)).toEqual(['id-5', 'id-4', 'id-3']);
    expect(await store.status()).toMatchObject({ callbacks: 3, deliveries: 6, attempts: 6, bodies: 3, oldest: T + 3 });
    expect(await store.find({ id: 'id-1' }, { limit: 9 })).toEqual([]);
    await store.prune({ before: T + 100_000 });
    expect(await store.status()).toMatchObject({ callbacks: 0, deliveries: 0, attempts: 0, bodies: 0, gaps: [] });
    expect([await store.tasks(9), await store.actions(9), await store.refusals({ since: 0, until: T * 2 })]).toEqual([
      [],
      [],
      [],
    ]);
    expect((await contentOf(store))['repeats'] ?? []).toEqual([]);
  });

  it('takes bodies before that, and keeps what is known of them', async () => {
    const store = await (await create()).open();
    await store.write(someOfAll());
    expect(await store.prune({ bodiesBefore: T + 4 })).toEqual({ callbacks: 0, bodies: 4 });
    expect(await store.prune({ bodiesBefore: T + 4 })).toEqual({ callbacks: 0, bodies: 0 });
    const found = await store.find({}, { limit: 9, bodies: true });
    expect(found.map(({ body }) => body !== undefined)).toEqual([true, true, false, false, false, false]);
    expect(await store.find({ text: 'requestID' }, { limit: 9 })).toHaveLength(2);
    // A worker that runs a batch again does not bring them back.
    await store.write(someOfAll());
    expect(await store.status()).toMatchObject({ callbacks: 6, bodies: 2 });
    expect(await store.find({ id: 'order-1' }, { limit: 9 })).toHaveLength(2);
  });
}

export function describePruningMeanwhile(create: CreatePlace): void {
  it('goes on while another process reads and writes', async () => {
    const place = await create();
    const [store, other] = [await place.open(), await place.open()];
    await store.write({ ...NO_ROWS, callbacks: callbackRows(3000) });
    const pruned = store.prune({ before: T + 2000 });
    let read = 0;
    for await (const { callbacks } of other.all()) read += callbacks.length;
    await other.write({ ...NO_ROWS, callbacks: [callbackRow('new', { receivedAt: T + 5000 })] });
    expect(await pruned).toEqual({ callbacks: 2000, bodies: 0 });
    expect(read).toBeGreaterThanOrEqual(1000);
    expect(await other.count({})).toBe(1001);
  });
}

export function describeForgetting(create: CreatePlace): void {
  it('removes callbacks and what rests, and counts their task without them', async () => {
    const store = await (await create()).open();
    const subjects = { task: 'T1', order: `o${PHONE}`, call: `c${PHONE}` };
    const [gone, stays] = [
      callbackRow(`r${PHONE}`, { subjects, body: `{"phone":"${PHONE}"}`, about: PHONE }),
      callbackRow('stays', { receivedAt: T + 1, subjects: { task: 'T1', order: 'O2', orderFinished: true } }),
    ];
    const deliveries = [deliveryRow(gone), deliveryRow(stays)];
    await store.write({ ...NO_ROWS, callbacks: [gone, stays], deliveries, attempts: [attemptRow(gone, { answer: PHONE })] });
    await store.rest.put([restEntry('kept'), restEntry('gone', { payload: PHONE })]);
    const selection = { refs: [gone, callbackRow('never')], rest: ['crm gone', 'crm never'] };
    expect(await store.forget(selection)).toMatchObject({ callbacks: 1, resting: 1 });
    for (const id of [gone.id, gone.key, subjects.order, subjects.call])
      expect(await store.find({ id }, { limit: 9 })).toEqual([]);
    expect(await store.stories([gone])).toEqual([]);
    const received = { orders: 1, ordersFinished: 1, calls: 0 };
    expect(await store.task('T1')).toMatchObject([
      { firstAt: T + 1, lastAt: T + 1, received, ordersMissing: [], ordersMissingCount: 0 },
    ]);
    expect(await store.status()).toMatchObject({ callbacks: 1, deliveries: 1, attempts: 0, bodies: 1 });
    expect((await store.rest.find({}, { limit: 9 })).map(({ id }) => id)).toEqual(['crm kept']);
    expect(await store.forget(selection)).toMatchObject({ callbacks: 0, resting: 0 });
    await store.forget({ refs: [stays], rest: [] });
    expect([await store.tasks(9), await store.task('T1')]).toEqual([[], []]);
  });

  it('leaves no id of a task that only removed callbacks name', async () => {
    const store = await (await create()).open();
    const [gone, other, stays] = [ofTask('gone', PHONE), ofTask('other', 'autumn'), ofTask('stays')];
    await store.write({ ...NO_ROWS, callbacks: [gone, stays] });
    await store.forget({ refs: [gone], rest: [] });
    expect((await store.tasks(9)).map(({ task, userTask }) => [task, userTask])).toEqual([['T1', undefined]]);
    expect([await store.task(PHONE), await store.find({ task: PHONE }, { limit: 9 })]).toEqual([[], []]);
    await store.write({ ...NO_ROWS, callbacks: [other] });
    await store.write({ ...NO_ROWS, callbacks: [gone] });
    await store.forget({ refs: [gone], rest: [] });
    expect((await store.tasks(9)).map(({ userTask }) => userTask)).toEqual(['autumn']);
  });
}

export function describeCopying(create: CreatePlace): void {
  it('gives all of it in order of time, and another store takes it', async () => {
    const [from, to] = [await (await create()).open(), await (await create()).open()];
    await from.write(someOfAll());
    await from.write({
      ...NO_ROWS,
      callbacks: callbackRows(1200, (i) => ({ id: `more-${i}`, key: `key-${i}`, receivedAt: T - i })),
    });
    const times: number[] = [];
    for await (const rows of from.all()) {
      times.push(...rows.callbacks.map(({ receivedAt }) => receivedAt));
      await to.write(rows);
    }
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(await contentOf(to)).toEqual(await contentOf(from));
    expect(await to.tasks(9)).toEqual(await from.tasks(9));
    expect(await to.count({})).toBe(1206);
  });
}
