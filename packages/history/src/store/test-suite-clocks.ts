import { expect, it } from 'vitest';
import type { DeliveryState } from '../events.ts';
import type { DeliveryRow } from './rows.ts';
import { NO_ROWS } from './rows.ts';
import type { CreatePlace } from './test-place.ts';
import { callbackRow, deliveryRow, T } from './test-rows.ts';
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
