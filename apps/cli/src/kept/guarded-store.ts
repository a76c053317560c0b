import type { Kept, KeptStore } from '@ringback/queue';
import { loseShard, lostError, type ReachedShard, refusalFrom, type Shards } from '../reach/shards.ts';

type Guard = { readonly shard: ReachedShard; readonly shards: Shards; readonly reading: boolean };

/**
 * The store of one shard of several. If the shard stops to answer, a list goes on without it, and each change of an entry
 * there resolves with the reason.
 */
export function guardedStore(store: KeptStore, { shard, shards, reading }: Guard): KeptStore {
  const reasonOf = () => shards.lost.find(({ number }) => number === shard.number)?.error.message;

  const act = (action: 'replay' | 'purge') => async (kept: Kept) => {
    const lost = reasonOf();
    if (lost !== undefined) return `shard ${shard.number}: ${lost}`;
    try {
      return await store[action](kept);
    } catch (error) {
      const refusal = refusalFrom(error);
      // Each further entry would wait until the command times out.
      if (refusal.code === 'RB_REDIS_UNAVAILABLE') loseShard(shards, shard, refusal);
      return `shard ${shard.number}: ${refusal.message}`;
    }
  };

  return {
    async *find(filter) {
      try {
        yield* store.find(filter);
      } catch (error) {
        loseShard(shards, shard, error);
        if (!reading) throw lostError(shards);
      }
    },
    replay: act('replay'),
    purge: act('purge'),
    close: () => store.close().catch(() => {}),
  };
}
