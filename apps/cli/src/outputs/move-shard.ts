import type { Config } from '@ringback/config';
import { homeShardOf, RingbackError, SILENT } from '@ringback/contracts';
import { createLedger } from '@ringback/ledger';
import { moveDeliveries, type MoveOptions, type MovePlace } from '@ringback/queue';
import { createRedisWatch } from '@ringback/redis';
import { confirmAt } from '../terminal/confirm-at.ts';
import type { ReachedShard } from '../reach/shards.ts';
import type { Reached } from '../reach/with-redis.ts';

export type Moved = Awaited<ReturnType<typeof moveDeliveries>>;

export type MoveShard = {
  readonly reached: Reached;
  readonly shard: ReachedShard;
  readonly from: string;
  readonly to: Config['outputs'][number];
  readonly onMoved?: MoveOptions['onMoved'];
};

/** A shard with what its ledger remembers. */
export function ledgerPlace({ redis, prefix }: ReachedShard, { dedupe }: Pick<Config, 'dedupe'>): MovePlace {
  const ledger = createLedger({ redis, prefix, window: dedupe.window });
  return { redis, prefix, outcomes: (deliveries, keys) => ledger.outcomes(deliveries, keys) };
}

/** Moves what a removed output left on one shard. A rate limit is counted on one shard: all goes there. */
export async function moveShard({ reached, shard, from, to, onMoved }: MoveShard): Promise<Moved> {
  const { settings, count } = reached;
  const home = to.delivery.rateLimit === undefined ? shard.number : homeShardOf(to.name, count);
  const target = reached.reached.find(({ number }) => number === home);
  if (target === undefined)
    throw new RingbackError('RB_REDIS_UNAVAILABLE', `shard ${home}, where its rate limit counts, is away`);
  const { redis, prefix } = target;
  const watch = createRedisWatch({ ...settings.redis, redis, prefix, now: () => performance.now(), logger: SILENT });
  try {
    await watch.look();
    const unmet = target === shard ? undefined : watch.unmet();
    if (unmet) throw unmet;
    const confirm = confirmAt({ ...settings.redis, redis, watch });
    const into = target === shard ? undefined : { ...ledgerPlace(target, settings), confirm };
    return await moveDeliveries({ ...ledgerPlace(shard, settings), into, from, to, nearlyFull: watch.nearlyFull, onMoved });
  } finally {
    watch.close();
  }
}
