import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { NO_ROWS } from '../store/rows.ts';
import { callbackRow, T } from '../store/test-rows.ts';
import { historyPath, open } from './test-sqlite.ts';

const invented = (i: number, more = {}) => callbackRow(`id-${i}`, { type: `invented.${i}`, ...more });

it('forgets types that no callback has any more, in each process, and never gives their numbers again', async () => {
  const path = historyPath();
  const [one, other] = [open(path), open(path)];
  const callbacks = Array.from({ length: 500 }, (_, i) => invented(i));
  await one.write({ ...NO_ROWS, callbacks: [...callbacks, callbackRow('stays', { receivedAt: T + 1000 })] });
  // Both remember numbers now.
  expect(await other.find({}, { limit: 1000 })).toHaveLength(501);
  await other.write({ ...NO_ROWS, callbacks });
  await one.prune({ before: T + 500 });
  const file = new DatabaseSync(path, { readOnly: true });
  const types = file.prepare('SELECT name FROM names WHERE kind = 2').all();
  file.close();
  expect(types).toHaveLength(1);
  const again = [7, 8].map((i) => invented(i, { receivedAt: T + 2000 + i }));
  await other.write({ ...NO_ROWS, callbacks: [...again, callbackRow('new', { type: 'new', receivedAt: T + 3000 })] });
  for (const store of [one, other]) {
    expect((await store.find({}, { limit: 9 })).map(({ type }) => type)).toEqual([
      'new',
      'invented.8',
      'invented.7',
      'callbot.order.finished',
    ]);
    expect(await store.count({ type: 'invented.7' })).toBe(1);
  }
});
