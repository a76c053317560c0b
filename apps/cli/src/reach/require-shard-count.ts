import { usedKeys } from '@ringback/queue';
import { readShardCount, shardCountRefusal, type Sharded } from '@ringback/redis';

type Access = Pick<Parameters<typeof readShardCount>[0], 'redis' | 'prefix'>;

/**
 * Asks shard 0. With another number of shards a command would look where nothing is. @throws RingbackError
 * RB_SHARDS_DIFFER or RB_RESHARDING
 */
export async function requireShardCount({ redis, prefix }: Access, { cluster, shards }: Sharded): Promise<void> {
  if (cluster === undefined) return;
  const count = await readShardCount({ redis, prefix, usedBy: usedKeys(prefix) });
  const refusal = count && shardCountRefusal(count, { app: 'cli', shards });
  if (refusal) throw refusal;
}
