import type { DatabaseSync } from 'node:sqlite';
import type { Subjects } from '@ringback/contracts';
import { fromText } from './values.ts';

export const ORDER = 0;
export const CALL = 1;

/** Bits of `task_items.seen`. */
const OWN = 1;
const FINISHED = 2;
/** An order that a call names, or a call that an order's own callback names. */
export const NAMED = 4;

/** An order or a call of a task, and what was seen of it. */
export type Item = { readonly task: number; readonly kind: number; readonly item: string; seen: number };

export type Counts = { orders: number; ordersFinished: number; ordersMissing: number; calls: number };

/** What a callback says of an order or a call. Whose own it is: see `Subjects`. */
export function seenIn({ order, call, orderFinished }: Subjects, kind: number, item: string): number {
  const ofOrder = orderFinished !== undefined || call === undefined;
  if (kind === CALL) return call === item ? (ofOrder ? NAMED : OWN) : 0;
  if (order !== item) return 0;
  if (!ofOrder) return NAMED;
  return orderFinished === true ? OWN | FINISHED : OWN;
}

/** By how much a task's counts grow. */
export function growthOf(kind: number, before: number, after: number): Counts {
  const growth = (count: (seen: number) => boolean) => Number(count(after)) - Number(count(before));
  if (kind === CALL) return { orders: 0, ordersFinished: 0, ordersMissing: 0, calls: growth((seen) => (seen & OWN) !== 0) };
  return {
    orders: growth((seen) => (seen & OWN) !== 0),
    ordersFinished: growth((seen) => (seen & FINISHED) !== 0),
    ordersMissing: growth((seen) => seen === NAMED),
    calls: 0,
  };
}

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
