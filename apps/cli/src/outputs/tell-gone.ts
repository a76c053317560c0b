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
    onMoved: (shard: ReachedShard) => async (portion: readonly MovedDeliveries[]) => {
      for (const { moved, waiting, dead, reason: why, fault } of portion) {
        await changes.add(shard, gone, refsOf(moved));
        await changes.add(shard, { output: to, state: 'waiting', reason }, refsOf(waiting));
        await changes.add(shard, { output: to, state: 'dead', reason: why, fault }, refsOf(dead));
      }
      await changes.flush();
    },
    onMovedParked: (shard: ReachedShard) => async (moved: readonly CallbackRef[], parked: readonly CallbackRef[]) => {
      await changes.add(shard, gone, moved);
      await changes.add(shard, { output: to, state: 'parked', reason }, parked);
      await changes.flush();
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
  await changes.flush();
}

/** The same of what is parked, some at a time. */
export function tellPurgedParked(changes: TellChanges | undefined, { reached, output }: Omit<Purging, 'shard'>) {
  const [home] = reached.reached;
  return async (parked: readonly CallbackRef[]): Promise<void> => {
    if (home === undefined) return;
    await changes?.add(home, { output, state: 'purged' }, parked);
    await changes?.flush();
  };
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
