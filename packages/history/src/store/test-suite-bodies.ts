import { expect, it } from 'vitest';
import { NO_ROWS } from './rows.ts';
import type { BodyHead } from './bodies.ts';
import type { CreatePlace } from './test-place.ts';
import { callbackRow, callbackRows, T } from './test-rows.ts';
import { restEntry } from './test-suite-rest.ts';

export function describeBodies(create: CreatePlace): void {
  it('shows how each body begins, and replaces those that are still as they were', async () => {
    const place = await create();
    const [store, other] = [await place.open(), await place.open()];
    const many = callbackRows(1100).map((row, i) => ({ ...row, body: `rb1.key${i % 2}5678.${'x'.repeat(40)}` }));
    const odd = callbackRow('odd', { receivedAt: T - 86_400_000 * 3, body: '{"odd":"\uD800\0"}' });
    await store.write({ ...NO_ROWS, callbacks: [...many, odd, callbackRow('none', { body: undefined, receivedAt: T - 9 })] });
    const heads: BodyHead[] = [];
    for await (const portion of store.bodies.heads()) heads.push(...portion);
    expect(heads).toHaveLength(1101);
    expect(Object.fromEntries(heads.map(({ head }) => [head, heads.filter((one) => one.head === head).length]))).toMatchObject({
      'rb1.key05678.': 550,
      'rb1.key15678.': 550,
    });

    const [first, second] = many;
    if (!first || !second) throw new Error('there are many');
    const read = await store.bodies.read([first, odd, { key: 'gone', receivedAt: T }]);
    expect(read.toSorted((a, b) => a.receivedAt - b.receivedAt)).toMatchObject([{ body: odd.body }, { body: first.body }]);
    const changed = await other.bodies.replace([
      { ...first, was: first.body, body: 'new' },
      { ...odd, was: String(odd.body), body: 'new odd' },
      { ...second, was: 'another', body: 'never' },
      { ...second, receivedAt: T - 1, was: second.body, body: 'never' },
    ]);
    expect(changed).toBe(2);
    expect((await store.stories([first, second, odd])).map(({ body }) => body)).toEqual(['new', second.body, 'new odd']);
    expect(await store.bodies.replace([])).toBe(0);
  });
}

export function describeReplacedRest(create: CreatePlace): void {
  it('replaces the payload of what rests, in the round that was read, and counts its bytes', async () => {
    const { rest } = await (await create()).open();
    await rest.put([restEntry('a', { payload: '{}' }), restEntry('b', { payload: '"odd \uD800"' })]);
    const [a, b] = (await rest.find({}, { limit: 9 })).toSorted((one, two) => (one.id < two.id ? -1 : 1));
    if (!a || !b) throw new Error('two rest');
    const change = (entry: typeof a, payload: string) => ({ ...entry, was: entry.payload, payload });
    expect(await rest.replace([change(a, '"longer"'), change(b, '1')])).toBe(2);
    expect(await rest.replace([change(a, 'never')])).toBe(0);
    expect(await rest.counts()).toMatchObject([{ count: 2, bytes: 9 }]);
    const [now] = await rest.find({ id: a.id }, { limit: 1 });
    expect(now).toEqual({ ...a, payload: '"longer"' });
    await rest.put([restEntry('a', { payload: '"longer"' })]);
    expect(await rest.replace([{ ...a, was: '"longer"', payload: 'never' }])).toBe(0);
    expect(await rest.replace([])).toBe(0);
  });
}
