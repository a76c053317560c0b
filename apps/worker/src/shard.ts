import type { Config } from '@ringback/config';
import { type Logger, loggerOfShard } from '@ringback/contracts';
import { createLedger } from '@ringback/ledger';
import { createBodies, createDropNoter } from '@ringback/queue';
import { connectPatient, createErrorReporter, createLossMemory, createRedisWatch, redisClock, type Shard } from '@ringback/redis';
import { createDefaultBound } from './default-bound.ts';
import type { FanOutShard } from './fan-out.ts';
import { createReach } from './reach.ts';

export type WorkShard = ReturnType<typeof openShard>;

export type WorkShardOptions = {
  readonly shard: Shard;
  readonly number: number;
  readonly config: Pick<Config, 'redis' | 'worker' | 'dedupe' | 'outputs'>;
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly logger: Logger;
};

/** A shard as a worker reaches it: the connection of all its commands, and what Redis says of itself. */
export function openShard({ shard, number, config, now, logger: ofProcess }: WorkShardOptions) {
  const { prefix } = shard;
  const isOne = config.redis.shards === 1;
  const logger = loggerOfShard(ofProcess, { shard: number, shards: config.redis.shards });
  const redis = connectPatient({ ...shard, name: 'ringback-worker', logger });
  const watch = createRedisWatch({ ...config.redis, redis, prefix, now, logger });
  const errors = createErrorReporter({ wasAway: createLossMemory(redis), logger });
  const access = { redis, prefix, lockDuration: config.worker.lockDuration, errors };
  const { window } = config.dedupe;
  const ledger = createLedger({ redis, prefix, window });
  const reach = createReach({ redis, watch, durability: config.redis.durability, now });
  const { nearlyFull, tight } = watch;
  const drop = createDropNoter({ redis, prefix, window });
  const renew: FanOutShard['renew'] = (batch, outputs) => ledger.renew(batch, outputs);
  const target: FanOutShard = { bodies: createBodies(access), drop, renew, nearlyFull, tight };
  return {
    number,
    /** What a log line or a person calls something in this shard. */
    named: (name: string) => (isOne ? name : `${name} of shard ${number}`),
    watch,
    access,
    ledger,
    reach,
    most: createDefaultBound({ config, maxmemory: watch.maxmemory }),
    clock: redisClock(redis),
    logger,
    /** For fan-outs of its own batches, and of those of other shards. */
    target,
    targetOfOthers: { ...target, reach },
  };
}

/** How many of these shards are on the same primary as this one, itself included. As of their last connection. */
export function sharingPrimary({ access }: Placed, shards: readonly Placed[]): number {
  const { host, port } = access.redis.options;
  return shards.filter(({ access: { redis } }) => redis.options.host === host && redis.options.port === port).length;
}

type Placed = { readonly access: { readonly redis: WorkShard['access']['redis'] } };
