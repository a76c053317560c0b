import { expect, it } from 'vitest';
import { NO_ROWS } from './rows.ts';
import type { CreatePlace } from './test-place.ts';
import { callbackRow, deliveryRow, T } from './test-rows.ts';
import { contentOf } from './test-suite-writing.ts';

export function describeParkings(create: CreatePlace): void {
  it('keeps when a delivery was parked last and came back, in any order, whatever became of it', async () => {
    const row = callbackRow('a');
    const parked = (at: number) => deliveryRow(row, { state: 'parked', at, changed: true, parkedAt: at });
    const returned = (at: number) => deliveryRow(row, { at, changed: true, returnedAt: at });
    const rows = [
      parked(T + 10),
      returned(T + 20),
      parked(T + 30),
      returned(T + 40),
      deliveryRow(row, { state: 'delivered', at: T + 50 }),
    ];
    const expected = { state: 'delivered', at: T + 50, parkedAt: T + 30, returnedAt: T + 40 };
    const together = await (await create()).open();
    await together.write({ ...NO_ROWS, callbacks: [row], deliveries: rows });
    for (const order of [rows, rows.toReversed(), [...rows.slice(2), ...rows]]) {
      const apart = await (await create()).open();
      await apart.write({ ...NO_ROWS, callbacks: [row] });
      for (const delivery of order) await apart.write({ ...NO_ROWS, deliveries: [delivery] });
      expect(await apart.stories([row])).toMatchObject([{ deliveries: [expected] }]);
      expect(await contentOf(apart)).toEqual(await contentOf(together));
    }
  });
}
