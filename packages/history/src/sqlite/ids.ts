import type { Callback, Subjects } from '@ringback/contracts';

/** Callbacks of one segment of `ids`: its part of the index, about 2.5 MiB, stays in SQLite's cache. */
const SEGMENT_BITS = 15;
export const segmentOf = (n: number): number => Math.floor(n / 2 ** SEGMENT_BITS);

/** 48 bits, not for security: the id itself is compared after it. */
export function hashOf(id: string): number {
  let high = 0x9e37_79b9;
  let low = 0x85eb_ca6b;
  for (let i = 0; i < id.length; i++) {
    const unit = id.charCodeAt(i);
    high = Math.imul(high ^ unit, 0x2c1b_3c6d);
    low = Math.imul(low ^ unit, 0x297a_2d39);
  }
  high = Math.imul(high ^ (high >>> 15) ^ low, 0x85eb_ca77);
  low = Math.imul(low ^ (low >>> 13) ^ high, 0xc2b2_ae3d);
  return ((high ^ (high >>> 16)) & 0xffff) * 2 ** 32 + ((low ^ (low >>> 15)) >>> 0);
}

type Named = Pick<Callback, 'id' | 'deliverAs'> & { readonly key: string; readonly subjects: Subjects };

/** What a callback is found by. A task has an index of its own. */
export function idsOf({ id, key, deliverAs, subjects: { task, userTask, order, call } }: Named): string[] {
  const ids = [id, key];
  if (deliverAs !== undefined) ids.push(deliverAs);
  if (order !== undefined) ids.push(order);
  if (call !== undefined) ids.push(call);
  if (task === undefined && userTask !== undefined) ids.push(userTask);
  return ids;
}
