import type { DatabaseSync } from 'node:sqlite';
import { type Counts, growthOf, type Item } from '../store/task-items.ts';
import { fromText } from './values.ts';

/** Writes what was seen of orders and calls. Returns by how much the counts of each task grew. */
export function createItemWriter(file: DatabaseSync): (items: Iterable<Item>) => Map<number, Counts> {
  const insert = file.prepare('INSERT INTO task_items VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING');
  const select = file.prepare('SELECT seen FROM task_items WHERE task = ? AND kind = ? AND item = ?');
  const update = file.prepare('UPDATE task_items SET seen = ? WHERE task = ? AND kind = ? AND item = ?');
  return (items) => {
    const all = new Map<number, Counts>();
    for (const { task, kind, item, seen } of items) {
      const key = [task, kind, fromText(item)] as const;
      const isNew = insert.run(...key, seen).changes === 1;
      const before = isNew ? 0 : Number(select.get(...key)?.['seen']);
      const after = before | seen;
      if (after === before) continue;
      if (!isNew) update.run(after, ...key);
      const growth = growthOf(kind, before, after);
      const sum = all.get(task);
      all.set(task, sum === undefined ? growth : add(sum, growth));
    }
    return all;
  };
}

function add(sum: Counts, growth: Counts): Counts {
  sum.orders += growth.orders;
  sum.ordersFinished += growth.ordersFinished;
  sum.ordersMissing += growth.ordersMissing;
  sum.calls += growth.calls;
  return sum;
}
