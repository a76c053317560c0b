import { expect, it } from 'vitest';
import type { DeliveryState } from '../events.ts';
import type { DeliveryRow } from './rows.ts';
import { NO_ROWS } from './rows.ts';
import type { CreatePlace } from './test-place.ts';
import { attemptRow, callbackRow, deliveryRow, T } from './test-rows.ts';
import { contentOf } from './test-suite-writing.ts';

type Case = [what: string, expected: DeliveryState, ...states: Partial<DeliveryRow>[]];

const failed = { state: 'waiting', at: T + 20 } as const;
const dead = { state: 'dead', at: T + 5 } as const;
const begunAnew = { state: 'waiting', at: T + 9, changed: true } as const;

const CASES: Case[] = [
  ['that it was delivered, though the clock went back before', 'delivered', failed, { state: 'delivered', at: T + 5 }],
  ['that it died, though the clock went back before', 'dead', failed, dead],
  ['that a person began it anew', 'waiting', failed, dead, begunAnew],
  ['what came of that', 'delivered', failed, dead, begunAnew, { state: 'delivered', at: T + 12 }],
  ['that it was parked, though the clock went back before', 'parked', failed, { state: 'parked', at: T + 5, changed: true }],
];

export function describeClocks(create: CreatePlace): void {
  it.each(CASES)('keeps %s, in any order', async (_what, expected, ...states) => {
    const row = callbackRow('a');
    const rows = states.map((state) => deliveryRow(row, state));
    for (const order of [rows, rows.toReversed(), [...rows.slice(1), ...rows]]) {
      const [apart, together] = [await (await create()).open(), await (await create()).open()];
      for (const store of [apart, together]) await store.write({ ...NO_ROWS, callbacks: [row] });
      for (const delivery of order) await apart.write({ ...NO_ROWS, deliveries: [delivery] });
      await together.write({ ...NO_ROWS, deliveries: order });
      for (const store of [apart, together])
        expect(await store.find({}, { limit: 1 })).toMatchObject([{ deliveries: [{ state: expected }] }]);
      expect(await contentOf(apart)).toEqual(await contentOf(together));
    }
  });
}

export function describeRetriesAnew(create: CreatePlace): void {
  it('tells why a delivery that waits anew failed last, and when it is tried next, in any order', async () => {
    const row = callbackRow('a');
    const retry = { outcome: 'retry', fault: 'theirs' } as const;
    const states = [
      deliveryRow(row, { state: 'dead', at: T + 30, reason: 'HTTP 410', fault: 'theirs' }),
      deliveryRow(row, { ...begunAnew, at: T + 40, reason: 'replay r1' }),
      deliveryRow(row, { at: T + 70, reason: 'HTTP 503', fault: 'theirs', nextAt: T + 90 }),
    ];
    const attempts = [
      attemptRow(row, { ...retry, reason: 'before', nextAt: T + 29 }),
      attemptRow(row, { ...retry, output: 'chat', at: T + 60, reason: 'of another output' }),
      attemptRow(row, { ...retry, at: T + 45, ms: 5, reason: 'HTTP 500', nextAt: T + 60 }),
      attemptRow(row, { ...retry, number: 2, at: T + 60, ms: 10, reason: 'HTTP 503', nextAt: T + 90 }),
    ];
    for (const turn of [(rows: object[]) => rows, (rows: object[]) => rows.toReversed()]) {
      const store = await (await create()).open();
      const parts = [...states.map((one) => ({ deliveries: [one] })), ...attempts.map((one) => ({ attempts: [one] }))];
      for (const part of turn([{ callbacks: [row] }, ...parts])) await store.write({ ...NO_ROWS, ...part });
      const last = { state: 'waiting', at: T + 70, reason: 'HTTP 503', fault: 'theirs', nextAt: T + 90 };
      expect(await store.find({}, { limit: 1 })).toMatchObject([{ deliveries: [last] }]);
      expect(await store.stories([row])).toMatchObject([{ deliveries: [last] }]);
      expect(await store.count({ state: 'waiting', reason: 'http 503' })).toBe(1);
      for (const reason of ['before', 'HTTP 500', 'replay r1', 'of another']) expect(await store.count({ reason })).toBe(0);
      await store.write({ ...NO_ROWS, deliveries: [deliveryRow(row, { state: 'delivered', at: T + 99 })] });
      expect(await store.find({}, { limit: 1 })).toMatchObject([{ deliveries: [{ state: 'delivered', reason: undefined }] }]);
    }
  });
}
