import { type Callback, callbackKey } from '@ringback/contracts';
import type { CallbackRef } from '@ringback/history';
import { type MovedDeliveries, standingDeliveries } from '@ringback/queue';
import { ledgerPlace } from './move-shard.ts';
import type { ReachedShard } from '../reach/shards.ts';
import type { TellChanges, TellHistory } from '../reach/tell-history.ts';
import type { Reached } from '../reach/with-redis.ts';

type Moving = { readonly from: string; readonly to: string };

/** Tells the history what moves from a removed output to another one. */
export function tellMoved(changes: TellChanges, { from, to }: Moving) {
  const gone = { output: from, state: 'moved', reason: `moved to ${to}` } as const;
  const reason = `moved from ${from}`;
  return {
    onMoved: (shard: ReachedShard) => async (deliveries: MovedDeliveries) => {
      const { fault } = deliveries;
      await changes.add(shard, gone, refsOf(deliveries.moved));
      await changes.add(shard, { output: to, state: 'waiting', reason }, refsOf(deliveries.waiting));
      await changes.add(shard, { output: to, state: 'dead', reason: deliveries.reason, fault }, refsOf(deliveries.dead));
    },
    going: (shard: ReachedShard) => async (parked: readonly CallbackRef[]) => {
      await changes.add(shard, gone, parked);
      await changes.add(shard, { output: to, state: 'parked', reason }, parked);
    },
  };
}

type Purging = { readonly reached: Reached; readonly shard: ReachedShard; readonly output: string };

/**
 * Tells the history what a purge is about to remove in a shard. MUST come first: nothing knows of it afterwards, and a
 * purge that fails is run again.
 */
export async function tellPurged(changes: TellChanges | undefined, { reached, shard, output }: Purging): Promise<void> {
  if (changes === undefined) return;
  for await (const callbacks of standingDeliveries(ledgerPlace(shard, reached.settings), output))
    await changes.add(shard, { output, state: 'purged' }, refsOf(callbacks));
}

const refsOf = (callbacks: readonly Callback[]): CallbackRef[] =>
  callbacks.map((callback) => ({ key: callbackKey(callback), receivedAt: callback.receivedAt }));

/** Ends what `work` tells, whatever becomes of it. */
export async function whileTelling<T>(tell: TellHistory, work: (changes: TellChanges | undefined) => Promise<T>): Promise<T> {
  const changes = tell.changes();
  try {
    return await work(changes);
  } finally {
    await changes?.end();
  }
}
