import type { Config } from '@ringback/config';
import { SILENT } from '@ringback/contracts';
import type { ShardPlace } from '@ringback/queue';
import { createRedisWatch, shardsOf } from '@ringback/redis';
import { confirmAt } from '../terminal/confirm-at.ts';
import { connectRedis } from '../reach/connect-redis.ts';
import type { Env } from '../reach/load-settings.ts';

type Opened = { readonly place: ShardPlace; readonly close: () => void };

/**
 * Shards 0 to `count` - 1. Each must take a write and keep it as `redis.durability` asks: better now than halfway.
 * @throws RingbackError RB_REDIS_UNAVAILABLE, RB_REDIS_REFUSES or RB_DURABILITY_UNMET
 */
export async function openShards({ redis: settings }: Config, count: number, env: Env) {
  const shards = shardsOf({ ...settings, shards: count });
  const opened = await Promise.allSettled(shards.map((_, number) => openShard(settings, { number, count, env })));
  const close = () => opened.forEach((one) => one.status === 'fulfilled' && one.value.close());
  const failed = opened.find((one) => one.status === 'rejected');
  if (failed) {
    close();
    throw failed.reason;
  }
  return { shards: opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value.place] : [])), close };
}

type Opening = { readonly number: number; readonly count: number; readonly env: Env };

async function openShard(settings: Config['redis'], { number, count, env }: Opening): Promise<Opened> {
  const { [number]: shard } = shardsOf({ ...settings, shards: count });
  if (shard === undefined) throw new RangeError(`there is no shard ${number}`);
  const redis = await connectRedis(shard, env);
  const { prefix } = shard;
  const watch = createRedisWatch({ ...settings, redis, prefix, now: () => performance.now(), logger: SILENT });
  const close = () => {
    watch.close();
    redis.disconnect();
  };
  await Promise.all([watch.look(), watch.probe()]);
  const unfit = watch.refused() ?? watch.unmet();
  if (unfit) {
    close();
    throw unfit;
  }
  const confirm = confirmAt({ ...settings, redis, watch });
  const nearlyFull = async () => {
    await watch.look();
    return watch.nearlyFull();
  };
  return { place: { number, redis, prefix, confirm, nearlyFull }, close };
}
