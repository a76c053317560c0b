import { expect, it } from 'vitest';
import { type CallbackRow, NO_ROWS } from './rows.ts';
import type { CreatePlace } from './test-place.ts';
import { attemptRow, callbackRow, callbackRows, deliveryRow, T } from './test-rows.ts';
import { restEntry } from './test-suite-rest.ts';
import { contentOf } from './test-suite-writing.ts';

const NUL = 'a\u0000b';
const LONE = 'x\ud800y\udc00';

/** The same oddity wherever a sender or a destination could put it. */
function oddRow(odd: string): CallbackRow {
  return callbackRow(`id${odd}`, {
    account: `account${odd}`,
    type: `type${odd}`,
    batch: `batch${odd}`,
    about: `about${odd}`,
    body: `body ${odd}`,
    fate: { routes: [], to: [], unrouted: { code: 'C', reason: odd } },
    subjects: { task: `task${odd}`, userTask: `user${odd}`, order: `order${odd}`, call: `call${odd}`, progress: { state: odd } },
  });
}

export function describeOddTexts(create: CreatePlace): void {
  it.each([
    ['NUL', NUL],
    ['lone surrogates', LONE],
    ['nothing', ''],
  ])('keeps ids and texts with %s as they are', async (_, odd) => {
    const store = await (await create()).open();
    const row = oddRow(odd);
    const { id } = row;
    const deliveries = [deliveryRow(row, { state: 'dead', reason: `reason${odd}` })];
    const attempts = [attemptRow(row, { reason: `reason${odd}`, answer: `answer${odd}` })];
    const action = { id: `action${odd}`, at: T, by: `by${odd}`, command: `command${odd}`, facts: { [odd]: odd }, callbacks: [] };
    const gap = { id: `gap${odd}`, from: T, to: T, callbacks: 0, attempts: 0, reason: odd };
    await store.write({ ...NO_ROWS, callbacks: [row], deliveries, attempts, actions: [action], gaps: [gap] });
    expect(await store.stories([row])).toMatchObject([{ ...row, deliveries, attempts }]);
    for (const name of [id, `user${odd}`, `task${odd}`, `order${odd}`, `call${odd}`])
      expect(await store.find({ id: name }, { limit: 2 })).toMatchObject([{ id }]);
    expect(await store.find({ type: `type${odd}`, account: `account${odd}`, reason: `N${odd}` }, { limit: 2 })).toMatchObject([
      { id },
    ]);
    expect(await store.task(`user${odd}`)).toMatchObject([{ task: `task${odd}`, progress: { state: odd } }]);
    expect(await store.actions(1)).toEqual([action]);
    const entry = restEntry(id, { id: `rest${odd}`, batch: odd, reason: odd, payload: `payload${odd}` });
    await store.rest.put([entry]);
    expect(await store.rest.find({ id: `rest${odd}` }, { limit: 2 })).toMatchObject([entry]);
  });
}

export function describeOddRows(create: CreatePlace): void {
  it('keeps bodies to the byte: large ones, duplicate keys, white space', async () => {
    const store = await (await create()).open();
    const bodies = [`"${'ö'.repeat(2 ** 19)}"`, '{"a":1,"a":2}', ' {"n":1.10}\r\n', '"\\u0000\\ud800"', ''];
    const callbacks = bodies.map((body, i) => callbackRow(`b${i}`, { receivedAt: T + i, body }));
    await store.write({ ...NO_ROWS, callbacks });
    const found = await store.find({}, { limit: 9, bodies: true });
    expect(found.map(({ body }) => body)).toEqual(bodies.toReversed());
    expect((await store.stories(callbacks)).map(({ body }) => body)).toEqual(bodies);
  });

  it('takes rows of any age: the clock may go backwards', async () => {
    const store = await (await create()).open();
    const callbacks = callbackRows(5, (i) => ({ receivedAt: T - i * 86_400_000, dispatchedAt: T }));
    for (const row of callbacks) {
      await store.write({ ...NO_ROWS, callbacks: [row], deliveries: [deliveryRow(row, { state: 'delivered', at: T })] });
      await store.write({ ...NO_ROWS, deliveries: [deliveryRow(row, { at: T - 9 })] });
    }
    const found = await store.find({ state: 'delivered' }, { limit: 9 });
    expect(found.map(({ id }) => id)).toEqual(callbacks.map(({ id }) => id));
    expect(await store.prune({ before: T - 2 * 86_400_000 })).toEqual({ callbacks: 2, bodies: 0 });
    expect((await contentOf(store))['deliveries']).toHaveLength(3);
  });
}
