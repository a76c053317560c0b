import type { Subjects } from '@ringback/contracts';

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
