import { type Callback, callbackKey, RingbackError } from '@ringback/contracts';
import type { MarkedShare, Parking } from '@ringback/queue';
import type { DeliveryState } from '../events.ts';
import type { HandOver } from '../hand-over/hand-over.ts';
import type { RestStore } from '../store/rest.ts';
import { entriesOf } from './payload.ts';

/** Batches for one transaction of the store. */
const SHARES_AT_ONCE = 32;
const MARKED_AT_ONCE = 8;
/** Of bodies, in characters. */
const SIZE_AT_ONCE = 4 * 1024 * 1024;
const DELIVERIES_PER_EVENT = 500;
/** Errors of one share only. */
const OF_ONE_SHARE = ['RB_PAYLOAD_INVALID', 'RB_PAYLOAD_NEWER'];

export type ParkDeps = {
  readonly output: string;
  readonly parking: Parking;
  readonly rest: RestStore;
  readonly handOver: HandOver;
  /** Redis's clock, ms since the epoch. */
  readonly now: () => number;
};

/**
 * Parks the newest that an output holds, a limited number at once. The oldest batch stays: it is the next one to go.
 * Resolves to the number of deliveries.
 */
export async function parkNewest(deps: ParkDeps): Promise<number> {
  const { output, parking, rest, now } = deps;
  const marked = await markSome(parking, output);
  if (marked.length === 0) return 0;
  const at = Math.floor(now());
  // MUST come first: the store is durable when this resolves.
  await rest.put(marked.flatMap((share) => entriesOf(share, at)));
  const parked = await Promise.all(marked.map(async (share) => ({ share, rests: (await parking.park(share)) ?? [] })));
  const deliveries = parked.flatMap(({ share: { batch }, rests }) => refsOf(batch, rests));
  await tell(deps, { state: 'parked', at, deliveries });
  return deliveries.length;
}

async function markSome(parking: Parking, output: string): Promise<MarkedShare[]> {
  const ids = await parking.newest(output, SHARES_AT_ONCE);
  const marked: MarkedShare[] = [];
  let size = 0;
  for (let first = 0; first < ids.length && size < SIZE_AT_ONCE; first += MARKED_AT_ONCE) {
    const some = ids.slice(first, first + MARKED_AT_ONCE).map((id) => parking.mark(id, output).catch(unlessUnreadable));
    for (const share of await Promise.all(some)) {
      if (share === undefined) continue;
      marked.push(share);
      size += share.callbacks.reduce((sum, { body }) => sum + body.length, 0);
    }
  }
  return marked;
}

/** The lane sets it aside when it comes to it. */
function unlessUnreadable(error: unknown): undefined {
  if (error instanceof RingbackError && OF_ONE_SHARE.includes(error.code)) return undefined;
  throw error;
}

type Ref = { readonly key: string; readonly receivedAt: number; readonly batch: string };

export function refsOf(batch: string, callbacks: readonly Callback[]): Ref[] {
  return callbacks.map((callback) => ({ key: callbackKey(callback), receivedAt: callback.receivedAt, batch }));
}

type Told = {
  readonly state: DeliveryState;
  readonly at: number;
  readonly returned?: true;
  readonly deliveries: readonly Ref[];
};

export async function tell({ output, handOver }: Pick<ParkDeps, 'output' | 'handOver'>, { deliveries, ...change }: Told) {
  for (let first = 0; first < deliveries.length; first += DELIVERIES_PER_EVENT) {
    const some = deliveries.slice(first, first + DELIVERIES_PER_EVENT);
    await handOver({ v: 1, kind: 'changed', output, ...change, deliveries: some });
  }
}
