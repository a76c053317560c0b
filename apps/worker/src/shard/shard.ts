import { type Config, routesDigest } from '@ringback/config';
import { type Logger, loggerOfShard } from '@ringback/contracts';
import { createHandOver } from '@ringback/history';
import { createLedger } from '@ringback/ledger';
import { createBodies, createDropNoter } from '@ringback/queue';
import {
  connectPatient,
  createErrorReporter,
  createLossMemory,
  createRedisWatch,
  redisClock,
  type RedisWatch,
  type Shard,
} from '@ringback/redis';
import type { Redis } from 'ioredis';
import type { FanOutShard } from '../dispatch/fan-out.ts';
import { createHistoryEvents, type HistoryEvents } from '../history/events.ts';
import { createReach } from './reach.ts';

export type WorkShard = ReturnType<typeof openShard>;

export type WorkShardOptions = {
  readonly shard: Shard;
  readonly number: number;
  readonly config: Pick<Config, 'redis' | 'worker' | 'dedupe' | 'outputs' | 'routes' | 'history'>;
  /** Monotonic, ms. */
  readonly now: () => number;
  /** Hears of what the history does not get. */
  readonly historyDropped?: ((dropped: { callbacks: number; attempts: number }) => void) | undefined;
  readonly logger: Logger;
};

/** A shard as a worker reaches it: the connection of all its commands, and what Redis says of itself. */
export function openShard({ shard, number, config, now, historyDropped, logger: ofProcess }: WorkShardOptions) {
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
  const history = openHistoryEvents({ config, shard, redis, watch, historyDropped, logger });
  const target: FanOutShard = { bodies: createBodies(access), drop, renew, nearlyFull, tight, history };
  return {
    number,
    /** What a log line or a person calls something in this shard. */
    named: (name: string) => (isOne ? name : `${name} of shard ${number}`),
    watch,
    access,
    ledger,
    reach,
    clock: redisClock(redis),
    history,
    logger,
    /** For fan-outs of its own batches, and of those of other shards. */
    target,
    targetOfOthers: { ...target, reach },
  };
}

type HistoryOptions = Pick<WorkShardOptions, 'config' | 'shard' | 'historyDropped' | 'logger'> & {
  readonly redis: Redis;
  readonly watch: Pick<RedisWatch, 'roomTo'>;
};

/** Undefined: there is no history. */
function openHistoryEvents({
  config,
  shard,
  redis,
  watch,
  historyDropped: onDropped,
  logger,
}: HistoryOptions): HistoryEvents | undefined {
  if (config.history === undefined) return undefined;
  const { shards, overload } = config.redis;
  const { buffer, answers } = config.history;
  // Of the memory until callbacks may be taken again it takes at most a half, so it never brings Redis there.
  const most = () => Math.min(buffer, watch.roomTo(overload.memory.low) / 2) / shards;
  const { now } = redisClock(redis);
  const { handOver } = createHandOver({ redis, prefix: shard.prefix, most, now, onDropped, logger });
  return createHistoryEvents({ handOver, settings: routesDigest(config), answers, now });
}

/** How many of these shards are on the same primary as this one, itself included. As of their last connection. */
export function sharingPrimary({ access }: Placed, shards: readonly Placed[]): number {
  const { host, port } = access.redis.options;
  return shards.filter(({ access: { redis } }) => redis.options.host === host && redis.options.port === port).length;
}

type Placed = { readonly access: { readonly redis: WorkShard['access']['redis'] } };
