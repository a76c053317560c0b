import { placeOfKey } from '@ringback/contracts';
import { expect, it } from 'vitest';
import type { RestEntry, RestFilter } from './rest.ts';
import type { CreatePlace } from './test-place.ts';
import { callbackRow, T } from './test-rows.ts';

export function restEntry(id: string, more: Partial<RestEntry> = {}): RestEntry {
  const { key, source, account, type, receivedAt } = callbackRow(id);
  const of = { id: `crm ${id}`, key, place: placeOfKey(key), requestID: id, source, account, type, receivedAt };
  return { ...of, kind: 'parked', output: 'crm', batch: 'batch', at: T + 60_000, payload: `{"id":"${id}"}`, ...more };
}

const byAge = (count: number, more: Partial<RestEntry> = {}) =>
  Array.from({ length: count }, (_, i) => restEntry(`p${i}`, { receivedAt: T + ((i * 7) % count), ...more }));

export function describeReturning(create: CreatePlace): void {
  it('gives back what rests in order of age, for each output and shard, in all processes', async () => {
    const place = await create();
    const [{ rest }, other] = [await place.open(), await place.open()];
    const entries = byAge(20);
    await rest.put(entries);
    await rest.put([
      restEntry('x', { output: 'chat' }),
      restEntry('q', { kind: 'quarantine', output: undefined, code: 'RB_BODY' }),
    ]);
    const expected = entries.toSorted((one, two) => one.receivedAt - two.receivedAt);
    expect(await other.rest.oldest({ kind: 'parked', output: 'crm' }, 5)).toMatchObject(expected.slice(0, 5));
    const shards = [0, 1, 2].map((number) => other.rest.oldest({ kind: 'parked', output: 'crm', shard: { number, of: 3 } }, 99));
    for (const [number, found] of (await Promise.all(shards)).entries())
      expect(found).toMatchObject(expected.filter((entry) => entry.place % 3 === number));
    expect(await other.rest.oldest({ kind: 'quarantine' }, 9)).toEqual([
      { ...restEntry('q', { kind: 'quarantine', output: undefined, code: 'RB_BODY' }), round: expect.any(Number) },
    ]);
    expect(await other.rest.oldest({ kind: 'unrouted' }, 9)).toEqual([]);
    const ofAll = await other.rest.oldest({ kind: 'parked' }, 4);
    expect(ofAll.map(({ receivedAt }) => receivedAt - T)).toEqual([0, 0, 1, 2]);
  });
}

export function describeRounds(create: CreatePlace): void {
  it('removes only the round that was read', async () => {
    const { rest } = await (await create()).open();
    await rest.put(byAge(3));
    const slow = await rest.oldest({ kind: 'parked' }, 3);
    const [, again] = slow;
    if (again === undefined) throw new Error('nothing rests');
    await rest.put([{ ...again, payload: '{"second":true}' }]);
    expect(await rest.remove(slow)).toBe(2);
    const [second] = await rest.oldest({ kind: 'parked' }, 3);
    expect(second).toMatchObject({ id: again.id, payload: '{"second":true}', receivedAt: again.receivedAt, at: again.at });
    expect(await rest.remove(second ? [second] : [])).toBe(1);
    // Anew after it was removed: an earlier reader cannot take it for the one it knows.
    await rest.put([again]);
    expect(await rest.remove([...slow, ...(second ? [second] : [])])).toBe(0);
    expect(await rest.oldest({ kind: 'parked' }, 3)).toHaveLength(1);
  });

  it('is kept by pruning, and counted with the bytes of its payloads', async () => {
    const store = await (await create()).open();
    await store.rest.put(byAge(4, { payload: '"ö"' }));
    await store.rest.put([restEntry('u', { kind: 'unrouted', output: undefined, receivedAt: T - 5, payload: '12345' })]);
    await store.rest.put([restEntry('u', { kind: 'unrouted', output: undefined, receivedAt: T - 5, payload: '123' })]);
    const first = await store.rest.oldest({ kind: 'parked' }, 1);
    expect(await store.rest.remove(first)).toBe(1);
    await store.prune({ before: T + 1e9, bodiesBefore: T + 1e9 });
    const counts = await store.rest.counts();
    expect(counts.toSorted((one, other) => one.count - other.count)).toEqual([
      { kind: 'unrouted', output: undefined, count: 1, bytes: 3, oldest: T - 5 },
      { kind: 'parked', output: 'crm', count: 3, bytes: 12, oldest: T + 1 },
    ]);
  });
}

export function describeRestFilters(create: CreatePlace): void {
  it('is found by what it is, the newest first, in pages', async () => {
    const { rest } = await (await create()).open();
    const entries = [
      restEntry('a', { at: T, reason: 'HTTP 500' }),
      restEntry('b', { at: T + 1, output: 'chat', reason: 'Öffnen: HTTP 50%' }),
      restEntry('c', { at: T + 1, kind: 'dead-letter', fault: 'ours', attempts: 3, code: 'RB_X' }),
      restEntry('d', { at: T + 2, kind: 'quarantine', output: undefined, source: 'nxlink', type: undefined, batch: undefined }),
    ];
    await rest.put(entries);
    const cases: [RestFilter, string[]][] = [
      [{}, ['d', 'c', 'b', 'a']],
      [{ kinds: ['dead-letter', 'quarantine'] }, ['d', 'c']],
      [{ kinds: [] }, []],
      [{ output: 'chat' }, ['b']],
      [{ source: 'nxlink' }, ['d']],
      [{ id: 'a' }, ['a']],
      [{ id: 'crm c' }, ['c']],
      [{ id: entries[1]?.key }, ['b']],
      [{ reason: 'öff' }, ['b']],
      [{ reason: 'http 50%' }, ['b']],
      [{ since: T + 1, until: T + 1 }, ['c', 'b']],
    ];
    for (const [filter, expected] of cases) {
      const found = await rest.find(filter, { limit: 9 });
      expect([filter, found.map(({ requestID }) => requestID)]).toEqual([filter, expected]);
    }
    const first = await rest.find({}, { limit: 2 });
    expect(first).toMatchObject([entries[3], entries[2]]);
    expect(await rest.find({}, { limit: 2, after: first.at(-1) })).toMatchObject([entries[1], entries[0]]);
  });
}
