import { type Kept, type KeptStore, GONE } from './kept.ts';
import { newestFirst } from './newest-first.ts';

export type ShardStore = { readonly shard: number; readonly store: KeptStore };

/** The stores of several shards as one. Its entries know their shard, and are replayed and purged there. */
export function joinKeptStores(stores: readonly ShardStore[]): KeptStore {
  const storeOf = ({ shard }: Kept) => stores.find((one) => one.shard === shard)?.store;
  return {
    find: (filter) => newestFirst(stores.map(({ shard, store }) => inShard(shard, store.find(filter)))),
    replay: async (kept) => {
      const store = storeOf(kept);
      return store ? store.replay(kept) : GONE;
    },
    purge: async (kept) => {
      const store = storeOf(kept);
      return store ? store.purge(kept) : GONE;
    },
    close: async () => void (await Promise.all(stores.map(({ store }) => store.close()))),
  };
}

/** What is in Redis, and what rests in the history, as one. */
export function joinResting(inRedis: KeptStore, resting: KeptStore): KeptStore {
  const storeOf = ({ rests }: Kept) => (rests ? resting : inRedis);
  return {
    find: (filter) => newestFirst([inRedis.find(filter), resting.find(filter)]),
    replay: (kept) => storeOf(kept).replay(kept),
    purge: (kept) => storeOf(kept).purge(kept),
    close: async () => void (await Promise.all([inRedis.close(), resting.close()])),
  };
}

async function* inShard(shard: number, entries: AsyncIterable<Kept>): AsyncGenerator<Kept> {
  for await (const kept of entries) yield { ...kept, shard };
}
