import type { RedisAddress } from './address.ts';

/**
 * One complete set of queues and ledger keys. `prefix` begins every key of it, so who names a key needs to know no more.
 * On a cluster it is a hash tag: all keys of a shard MUST be in one slot, or no script could use two of them.
 */
export type Shard = RedisAddress & { readonly prefix: string };

/** The shards of an installation. The only place that knows how their keys are named. */
export function shardsOf(redis: RedisAddress & { readonly prefix: string }): readonly [Shard, ...Shard[]] {
  const { url, sentinel, cluster, username, password, tls, database, prefix } = redis;
  const address = { url, sentinel, cluster, username, password, tls, database };
  // Without a cluster the keys stay as they were before there were shards.
  return [{ ...address, prefix: cluster === undefined ? prefix : `{${prefix}:0}` }];
}
