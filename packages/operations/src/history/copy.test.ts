import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callbackKey, createSecret } from '@ringback/contracts';
import { type CallbackRow, type HistoryRows, type HistoryStore, NO_ROWS, openHistory, type RestEntry } from '@ringback/history';
import { testCallback, testPostgres } from '@ringback/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { copyHistory } from './copy.ts';

type Kind = HistoryStore['kind'];

async function open(kind: Kind): Promise<HistoryStore> {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-copy-'));
  const { url, schema } = testPostgres();
  const place =
    kind === 'sqlite' ? ({ store: kind, path: 'history.sqlite' } as const) : { store: kind, url: createSecret(url), schema };
  const store = await openHistory(place, { folder });
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  return store;
}

/** Yesterday. */
const T = Date.now() - 86_400_000;

function rowsOf(count: number, start = 0): HistoryRows {
  const callbacks = Array.from({ length: count }, (_, index): CallbackRow => {
    const callback = testCallback(`c${start + index}`, { receivedAt: T + start + index });
    const own = { key: callbackKey(callback), batch: 'b', dispatchedAt: T + 2000, settings: 's', subjects: { task: '7' } };
    return { ...callback, ...own, fate: { routes: [1], to: ['crm'] } };
  });
  const refs = callbacks.map(({ key, receivedAt }) => ({ key, receivedAt, output: 'crm' }));
  const attempt = { number: 1, at: T + 3000, ms: 5, outcome: 'delivered' } as const;
  return {
    ...NO_ROWS,
    callbacks,
    deliveries: refs.map((ref) => ({ ...ref, state: 'delivered', at: T + 3005 })),
    attempts: refs.map((ref) => ({ ...ref, ...attempt })),
    repeats: refs.slice(0, 1).map(({ key, receivedAt }) => ({ key, receivedAt: receivedAt + 1, as: 'duplicate' })),
    refusals: [{ process: 'p', minute: T - (T % 60_000), code: 'RB_SIGN_MISMATCH', count: 3 }],
    actions: [{ id: 'a', at: T, by: 'me@here', command: 'replay', facts: {}, callbacks: [] }],
    gaps: [{ id: 'g', from: T, to: T + 2, callbacks: 3, attempts: 4, reason: 'full' }],
  };
}

const entry = (id: string, at: number): RestEntry => {
  const identity = { requestID: id, source: 'callbot', account: 'account', receivedAt: T };
  return { id, kind: 'parked', output: 'crm', key: id, place: 1, ...identity, at, payload: '{"a":"1"}' };
};

/** The names in their order: a store may read them in another one. */
const sorted = (_name: string, value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([x], [y]) => (x < y ? -1 : 1)))
    : value;

async function everything(store: HistoryStore): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const rows of store.all())
    for (const list of Object.values(rows)) for (const row of list) found.add(JSON.stringify(row, sorted));
  return found;
}

/** What only one of them has. */
async function differences(one: HistoryStore, other: HistoryStore): Promise<string[]> {
  const [all, others] = await Promise.all([everything(one), everything(other)]);
  const missing = [...all].filter((row) => !others.has(row));
  return [...missing, ...[...others].filter((row) => !all.has(row))].slice(0, 4);
}

const copy = (from: HistoryStore, to: HistoryStore, rest = false, onProgress = (_done: number, _all: number) => {}) =>
  copyHistory({ from, to, rest, onProgress, now: Date.now });

const ways: readonly (readonly [Kind, Kind])[] = [
  ['sqlite', 'postgres'],
  ['postgres', 'sqlite'],
];

it.each(ways)(
  'copies all from %s to %s while it is written to, in two runs, and moves what rests when told to',
  async (...kinds) => {
    const [from, to] = await Promise.all([open(kinds[0]), open(kinds[1])]);
    await from.write(rowsOf(1200));
    await from.rest.put(Array.from({ length: 450 }, (_, index) => entry(`r${index}`, index % 7)));
    const seen: number[] = [];
    let written: Promise<void> | undefined;
    const first = await copy(from, to, false, (done) => {
      seen.push(done);
      // A worker goes on.
      if (done <= 500 && written === undefined) written = from.write(rowsOf(1, -500));
    });
    await written;
    expect(first).toMatchObject({ callbacks: expect.any(Number), moved: 0, resting: 450 });
    expect(seen.length).toBeGreaterThan(2);
    expect(await to.rest.counts()).toEqual([]);

    const second = await copy(from, to, true);
    expect(second).toEqual({ callbacks: 1201, deliveries: 1201, attempts: 1201, moved: 450, resting: 0, missing: 0 });
    expect(await differences(to, from)).toEqual([]);
    expect(await to.rest.counts()).toEqual([expect.objectContaining({ kind: 'parked', output: 'crm', count: 450 })]);
    // Again: nothing changes.
    expect(await copy(from, to, true)).toMatchObject({ callbacks: 1201, moved: 0, missing: 0 });
    expect(await differences(to, from)).toEqual([]);
  },
);

it('goes on after it was interrupted, and says what the new history lacks', async () => {
  const [from, to] = await Promise.all([open('sqlite'), open('sqlite')]);
  await from.write(rowsOf(1200));
  await from.rest.put([entry('r1', 1), entry('r2', 2)]);
  const cut = () => {
    throw new Error('cut');
  };
  await expect(copy(from, to, true, (done) => (done > 500 ? cut() : undefined))).rejects.toThrow('cut');
  expect(await to.count({})).toBe(1000);
  const removal = { ...from, rest: { ...from.rest, remove: async () => cut() } };
  await expect(copy(removal, to, true)).rejects.toThrow('cut');
  expect(await copy(from, to, true)).toMatchObject({ moved: 2, resting: 0, missing: 0 });
  expect((await to.rest.find({}, { limit: 5 })).map(({ id, round }) => [id, round])).toEqual([
    ['r2', expect.any(Number)],
    ['r1', expect.any(Number)],
  ]);
  const lossy = { ...to, write: async () => {}, count: async () => 1150 };
  expect(await copy(from, lossy)).toMatchObject({ missing: 50 });
});
