import type { RedisAddress } from './address.ts';

/**
 * One complete set of queues and ledger keys. `prefix` begins every key of it, so who names a key needs to know no more.
 * On a cluster it is a hash tag: all keys of a shard MUST be in one slot, or no script could use two of them.
 */
export type Shard = RedisAddress & { readonly prefix: string };

export type Sharded = RedisAddress & { readonly prefix: string; readonly shards: number };

/** The shards of an installation, by their number. The only place that knows how their keys are named. */
export function shardsOf(redis: Sharded): readonly [Shard, ...Shard[]] {
  const { url, sentinel, cluster, username, password, tls, database, prefix, shards } = redis;
  const address = { url, sentinel, cluster, username, password, tls, database };
  // Without a cluster the keys stay as they were before there were shards.
  const shard = (number: number): Shard => ({ ...address, prefix: cluster === undefined ? prefix : `{${prefix}:${number}}` });
  return [shard(0), ...Array.from({ length: shards - 1 }, (_, index) => shard(index + 1))];
}
