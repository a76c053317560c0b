import { Callback } from '@ringback/contracts';
import { expect, it } from 'vitest';
import type { HistoryRows } from './rows.ts';
import { NO_ROWS } from './rows.ts';
import type { HistoryStore } from './store.ts';
import type { CreatePlace } from './test-place.ts';
import { attemptRow, callbackRow, callbackRows, deliveryRow, T } from './test-rows.ts';

/** Some of everything, as workers hand it over: also what says the same of a delivery at several times. */
export function someOfAll(): HistoryRows {
  const callbacks = callbackRows(6, (i) => ({
    subjects: { task: `task-${i % 2}`, order: `order-${i % 3}`, ...(i % 2 === 0 && { orderFinished: true }), call: `call-${i}` },
  }));
  const refs = callbacks.slice(0, 2).map(({ key, receivedAt }) => ({ key, receivedAt }));
  return {
    callbacks,
    repeats: refs.flatMap(({ key, receivedAt }) => [
      { key, receivedAt: receivedAt + 50, as: 'duplicate' as const },
      { key, receivedAt: receivedAt + 60, as: 'conflict' as const },
    ]),
    deliveries: callbacks.flatMap((row, i) => [
      deliveryRow(row),
      deliveryRow(row, { at: T + 40, state: i % 2 === 0 ? 'delivered' : 'waiting', nextAt: i % 2 === 0 ? undefined : T + 99 }),
      deliveryRow(row, { output: 'chat', state: 'dead', reason: 'HTTP 410', fault: 'theirs', at: T + 20 }),
    ]),
    attempts: callbacks.flatMap((row) => [attemptRow(row), attemptRow(row, { output: 'chat', outcome: 'dead', status: 410 })]),
    refusals: [{ process: 'ingress-1', minute: T, source: 'callbot', code: 'RB_SIGNATURE', count: 3 }],
    actions: [
      { id: 'r1', at: T + 70, by: 'ann@host', command: 'replay', facts: { to: 'crm', dryRun: false, count: 2 }, callbacks: refs },
    ],
    gaps: [{ id: 'g1', from: T, to: T + 9, callbacks: 4, attempts: 5, reason: 'full' }],
  };
}

/** What a store holds, in an order that is always the same. */
export async function contentOf(store: HistoryStore): Promise<Record<string, string[]>> {
  const content: Record<string, string[]> = {};
  for await (const rows of store.all())
    for (const [table, of] of Object.entries(rows)) (content[table] ??= []).push(...of.map((row) => sorted(row)));
  return Object.fromEntries(Object.entries(content).map(([table, rows]) => [table, rows.toSorted()]));
}

/** JSON with sorted keys. */
const sorted = (row: object): string =>
  JSON.stringify(row, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );

/** Parts with one row each. */
function portionsOf(rows: HistoryRows): HistoryRows[] {
  return Object.entries(rows).flatMap(([table, of]) => of.map((row) => ({ ...NO_ROWS, [table]: [row] })));
}

export function describeWritingAgain(create: CreatePlace): void {
  it('changes nothing if it is written again, in any order and from two processes', async () => {
    const [once, often] = [await create(), await create()];
    const [store, one, other] = [await once.open(), await often.open(), await often.open()];
    await store.write(someOfAll());
    const portions = portionsOf(someOfAll());
    for (const [i, rows] of portions.toReversed().entries()) await (i % 2 === 0 ? one : other).write(rows);
    for (const [i, rows] of portions.entries()) await (i % 3 === 0 ? one : other).write(rows);
    await other.write(someOfAll());
    expect(await contentOf(one)).toEqual(await contentOf(store));
    expect(await other.tasks(9)).toEqual(await store.tasks(9));
    const [{ bytes: _, ...expected }, { bytes: _other, ...status }] = [await store.status(), await other.status()];
    expect(status).toEqual(expected);
    expect(status).toMatchObject({ callbacks: 6, deliveries: 12, attempts: 12, bodies: 6, oldest: T, newest: T + 5 });
  });
}

export function describeWhatWins(create: CreatePlace): void {
  it('keeps the newest state of a delivery; at the same time, one that is not waiting', async () => {
    const row = callbackRow('a');
    const states = [
      deliveryRow(row),
      deliveryRow(row, { at: T + 10, nextAt: T + 20, reason: 'HTTP 503', fault: 'theirs' }),
      deliveryRow(row, { at: T + 20 }),
      deliveryRow(row, { at: T + 20, state: 'delivered' }),
    ];
    for (const order of [states, states.toReversed(), [states[3], states[0], states[2], states[1]]]) {
      const store = await (await create()).open();
      await store.write({ ...NO_ROWS, callbacks: [row] });
      for (const state of order) await store.write({ ...NO_ROWS, deliveries: state ? [state] : [] });
      expect(await store.find({}, { limit: 1 })).toMatchObject([
        { deliveries: [{ state: 'delivered', at: T + 20, reason: undefined }] },
      ]);
    }
  });

  it('keeps the fate of the last run of a batch, whichever is written first', async () => {
    const first = callbackRow('a');
    const last = callbackRow('a', {
      dispatchedAt: T + 900,
      settings: 'other',
      deliverAs: 'NEW',
      fate: { routes: [2], to: ['chat'] },
    });
    for (const order of [
      [first, last],
      [last, first],
    ]) {
      const store = await (await create()).open();
      for (const row of order) await store.write({ ...NO_ROWS, callbacks: [row] });
      expect(await store.stories([first])).toMatchObject([last]);
      expect(await store.find({ id: 'msg_NEW' }, { limit: 1 })).toHaveLength(1);
    }
  });
}

export function describeFields(create: CreatePlace): void {
  it('keeps all that a callback has', async () => {
    const store = await (await create()).open();
    const row = callbackRow('a', {
      about: 'order 7',
      deliverAs: 'other-key',
      fate: {
        routes: [2],
        to: ['crm', 'chat'],
        dropped: 'quiet',
        unrouted: { code: 'C', reason: 'none' },
        businessDuplicate: true,
      },
      subjects: {
        task: 't',
        userTask: 'u',
        order: 'o',
        call: 'c',
        orderFinished: false,
        progress: { state: 'completed', orders: 1 },
      },
    });
    // A new field of a callback MUST be in this row, and so in the store. Its trace is not kept.
    const { traceparent: _parent, tracestate: _state, ...kept } = Callback.properties;
    expect(Object.keys(row)).toEqual(expect.arrayContaining(Object.keys(kept)));
    await store.write({ ...NO_ROWS, callbacks: [row] });
    expect(await store.stories([row])).toEqual([
      { ...row, repeats: { duplicates: 0, conflicts: 0 }, deliveries: [], attempts: [], actions: [] },
    ]);
  });
}

export function describeOtherRows(create: CreatePlace): void {
  it('counts repeats on the callback before them', async () => {
    const store = await (await create()).open();
    const [first, later] = [callbackRow('a'), callbackRow('a', { receivedAt: T + 1000 })];
    const { key } = first;
    const repeats = [T - 10, T + 10, T + 20, T + 1000, T + 1010].map((receivedAt, i) => ({
      key,
      receivedAt,
      as: i === 1 ? ('conflict' as const) : ('duplicate' as const),
    }));
    await store.write({ ...NO_ROWS, repeats });
    await store.write({ ...NO_ROWS, callbacks: [first, later, callbackRow('b')] });
    const counts = (await store.find({ id: 'a' }, { limit: 9 })).map((row) => row.repeats);
    // The clock may have gone backwards: what came before the first one is counted on it.
    expect(counts).toEqual([
      { duplicates: 2, conflicts: 0 },
      { duplicates: 2, conflicts: 1 },
    ]);
  });

  it('tells refusals of a time, actions with the newest first, and gaps', async () => {
    const store = await (await create()).open();
    const { refusals, actions, gaps } = someOfAll();
    const [refusal] = refusals;
    const [action] = actions;
    if (refusal === undefined || action === undefined) throw new Error('no rows');
    const more = { ...refusal, minute: T + 60_000, source: undefined };
    await store.write({ ...NO_ROWS, refusals: [more, refusal], actions: [action, { ...action, id: 'r2', at: T + 80 }], gaps });
    expect(await store.refusals({ since: T, until: T + 60_000 })).toEqual([refusal]);
    expect(await store.refusals({ since: T, until: T + 60_001 })).toEqual([refusal, more]);
    expect((await store.actions(1)).map(({ id }) => id)).toEqual(['r2']);
    expect(await store.actions(9)).toEqual([{ ...action, id: 'r2', at: T + 80 }, action]);
    expect((await store.status()).gaps).toEqual(gaps);
  });
}
