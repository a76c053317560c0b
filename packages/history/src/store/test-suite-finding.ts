import { expect, it } from 'vitest';
import { NO_ROWS } from './rows.ts';
import type { HistoryFilter, HistoryStore } from './store.ts';
import type { CreatePlace } from './test-place.ts';
import { callbackRow, callbackRows, deliveryRow, T } from './test-rows.ts';

/** The ids of what is found, the newest first; also by counting. */
async function idsOf(store: HistoryStore, filter: HistoryFilter): Promise<string[]> {
  const found = await store.find(filter, { limit: 100 });
  expect(await store.count(filter)).toBe(found.length);
  return found.map(({ id }) => id);
}

async function filled(create: CreatePlace): Promise<HistoryStore> {
  const store = await (await create()).open();
  const unrouted = { routes: [], to: [], unrouted: { code: 'RB_NO_ROUTE', reason: 'no route matches' } };
  const [a, b, c, d] = [
    callbackRow('a', { type: 'callbot.task.completed', subjects: { task: 'T1', userTask: 'mine' } }),
    callbackRow('b', {
      receivedAt: T + 1,
      type: 'callbot.call',
      subjects: { task: 'T1', order: 'O1', call: 'C1' },
      body: '{"phone":"+49 170"}',
    }),
    callbackRow('c', {
      receivedAt: T + 2,
      account: 'second',
      type: 'callbot.call',
      deliverAs: 'NEW',
      subjects: { userTask: 'mine' },
    }),
    callbackRow('d', { receivedAt: T + 3, source: 'nxlink', type: 'nxlink.lead', fate: unrouted }),
  ];
  const deliveries = [
    deliveryRow(a, { state: 'delivered' }),
    deliveryRow(a, { output: 'chat', state: 'dead', reason: 'Gone: HTTP 410 Öl' }),
    deliveryRow(b, { reason: 'HTTP 503', nextAt: T + 99 }),
    deliveryRow(b, { output: 'chat', state: 'dead', reason: 'HTTP 404' }),
    deliveryRow(b, { output: 'sheet', state: 'dead', reason: 'HTTP 410' }),
    deliveryRow(c, { output: 'chat', state: 'parked' }),
  ];
  await store.write({ ...NO_ROWS, callbacks: [a, b, c, d], deliveries });
  return store;
}

export function describeFilters(create: CreatePlace): void {
  it('finds by origin, time and what became of it', async () => {
    const store = await filled(create);
    const cases: [HistoryFilter, string[]][] = [
      [{}, ['d', 'c', 'b', 'a']],
      [{ source: 'callbot' }, ['c', 'b', 'a']],
      [{ account: 'second' }, ['c']],
      [{ type: 'callbot.call' }, ['c', 'b']],
      [{ type: 'callbot.*.completed' }, ['a']],
      [{ type: '*' }, ['d', 'c', 'b', 'a']],
      [{ type: 'CALLBOT.*' }, []],
      [{ since: T + 1, until: T + 3 }, ['c', 'b']],
      [{ state: 'unrouted' }, ['d']],
      [{ state: 'delivered' }, ['a']],
      [{ state: 'dead' }, ['b', 'a']],
      [{ state: 'waiting', output: 'chat' }, []],
      [{ state: 'dead', output: 'chat', reason: 'http 410' }, ['a']],
      [{ state: 'dead', reason: 'http 410', since: T + 1 }, ['b']],
      [{ reason: 'öL' }, ['a']],
      [{ reason: 'http %' }, []],
      [{ output: 'chat' }, ['c', 'b', 'a']],
      [{ output: 'chat', type: 'callbot.call' }, ['c', 'b']],
      [{ output: 'nobody' }, []],
      [{ state: 'parked', account: 'main' }, []],
    ];
    for (const [filter, expected] of cases) expect([filter, await idsOf(store, filter)]).toEqual([filter, expected]);
  });
}

export function describeIds(create: CreatePlace): void {
  it('finds by any id, and by a part of the body', async () => {
    const store = await filled(create);
    const { key } = callbackRow('b');
    const cases: [HistoryFilter, string[]][] = [
      [{ id: 'b' }, ['b']],
      [{ id: key }, ['b']],
      [{ id: `msg_${key}` }, ['b']],
      [{ id: 'msg_NEW' }, ['c']],
      [{ id: 'O1' }, ['b']],
      [{ id: 'C1' }, ['b']],
      [{ id: 'T1' }, ['b', 'a']],
      [{ id: 'mine' }, ['c', 'b', 'a']],
      [{ task: 'mine', type: 'callbot.call' }, ['c', 'b']],
      [{ task: 'T1' }, ['b', 'a']],
      [{ task: 'C1' }, []],
      [{ id: 'B' }, []],
      [{ text: '+49 17' }, ['b']],
      [{ text: '"requestID":"c"', id: 'c' }, ['c']],
      [{ text: 'PHONE' }, []],
    ];
    for (const [filter, expected] of cases) expect([filter, await idsOf(store, filter)]).toEqual([filter, expected]);
  });
}

const NASTY = ['%', '_', "'; DROP TABLE callbacks; --", '.*', '[a-z]', '\\', '"', '\u0000', '😀', '$1', '{}', "''"];

export function describeNastyTexts(create: CreatePlace): void {
  it('takes a text as it stands, whatever it looks like', async () => {
    const store = await (await create()).open();
    const callbacks = NASTY.map((text, i) =>
      callbackRow(`n${text}`, {
        receivedAt: T + i,
        body: `before ${text} after`,
        type: `t${i}`,
        subjects: { task: text, order: `o${text}` },
      }),
    );
    const deliveries = callbacks.map((row, i) => deliveryRow(row, { state: 'dead', reason: `it said ${NASTY[i]}!` }));
    await store.write({ ...NO_ROWS, callbacks: [...callbacks, callbackRow('plain', { body: 'before xx after' })], deliveries });
    for (const text of NASTY) {
      expect([text, await idsOf(store, { text: `before ${text} after` })]).toEqual([text, [`n${text}`]]);
      expect([text, await idsOf(store, { reason: `SAID ${text}!` })]).toEqual([text, [`n${text}`]]);
      expect([text, await idsOf(store, { id: `o${text}` })]).toEqual([text, [`n${text}`]]);
      expect([text, await idsOf(store, { task: text })]).toEqual([text, [`n${text}`]]);
      for (const of of ['source', 'account', 'type', 'output'] as const)
        expect([of, text, await idsOf(store, { [of]: text })]).toEqual([of, text, []]);
    }
  });
}

export function describePages(create: CreatePlace): void {
  it('gives each callback once over all pages, also if many came at the same time', async () => {
    const store = await (await create()).open();
    const callbacks = callbackRows(25, (i) => ({ receivedAt: T + Math.floor(i / 9), type: `t${i % 3}` }));
    const deliveries = callbacks.flatMap((row) =>
      ['one', 'other'].map((output) => deliveryRow(row, { output, state: 'dead', reason: 'HTTP 500' })),
    );
    await store.write({ ...NO_ROWS, callbacks, deliveries });
    const expected = callbacks
      .toSorted((one, other) => other.receivedAt - one.receivedAt || (one.key < other.key ? 1 : -1))
      .map(({ id }) => id);
    const filters: HistoryFilter[] = [
      {},
      { type: 't*' },
      { state: 'dead' },
      { output: 'one' },
      { reason: '500' },
      { text: 'id-' },
    ];
    for (const filter of filters) {
      const ids: string[] = [];
      for (let after; ;) {
        const page = await store.find(filter, { limit: 4, after });
        ids.push(...page.map(({ id }) => id));
        after = page.at(-1);
        if (after === undefined) break;
      }
      expect([filter, ids]).toEqual([filter, expected]);
    }
  });
}
