import { type Config, routesDigest } from '@ringback/config';
import { type Logger, loggerOfShard } from '@ringback/contracts';
import { createHandOver, type HandOver } from '@ringback/history';
import { createLedger } from '@ringback/ledger';
import {
  callbackQueueState,
  createBodies,
  createDropNoter,
  createQuarantine,
  createRouteCounts,
  createUnroutedQuarantine,
  quarantineOfShard,
} from '@ringback/queue';
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
import { createHistoryEvents } from '../history/events.ts';
import { tellingEnded } from '../tell-ended.ts';
import type { WorkerTraces } from '../traces.ts';
import { createReach } from './reach.ts';

/** A shard as a worker reaches it, for as long as the worker runs. */
export type OpenShard = ReturnType<typeof openShard>;
/** A shard as one generation works in it. */
export type WorkShard = ReturnType<typeof shardUnder>;

type Settings = Pick<Config, 'redis' | 'worker' | 'dedupe' | 'routes' | 'history' | 'quarantine'>;

export type OpenShardOptions = {
  readonly shard: Shard;
  readonly number: number;
  /** Current value; settings may reload. */
  readonly settings: () => Settings;
  /** Monotonic, ms. */
  readonly now: () => number;
  /** Hears of what the history does not get. */
  readonly historyDropped?: ((dropped: { callbacks: number; attempts: number }) => void) | undefined;
  /** Absent: nothing is traced. */
  readonly traces?: WorkerTraces | undefined;
  readonly logger: Logger;
};

/** The connection of all commands in a shard, what Redis says of itself, and what counts on while settings change. */
export function openShard({ shard, number, settings, now, historyDropped, traces, logger: ofProcess }: OpenShardOptions) {
  const { prefix } = shard;
  const { redis: place, worker } = settings();
  const logger = loggerOfShard(ofProcess, { shard: number, shards: place.shards });
  const redis = connectPatient({ ...shard, name: 'ringback-worker', logger });
  const watch = createRedisWatch({ ...place, redis, prefix, now, logger });
  const errors = createErrorReporter({ wasAway: createLossMemory(redis), logger });
  const access = { redis, prefix, lockDuration: worker.lockDuration, errors };
  return {
    number,
    /** What a log line or a person calls something in this shard. */
    named: (name: string) => (place.shards === 1 ? name : `${name} of shard ${number}`),
    watch,
    access,
    reach: createReach({ redis, watch, durability: place.durability, now }),
    clock: redisClock(redis),
    callbacks: callbackQueueState(access),
    ...openKeeping(access, settings),
    handOver: openHandOver({ shard, redis, watch, settings, historyDropped, logger }),
    traces,
    logger,
  };
}

function openKeeping(access: { readonly redis: Redis; readonly prefix: string }, settings: () => Settings) {
  const { shards } = settings().redis;
  const bounds = quarantineOfShard(() => settings().quarantine, shards);
  const ofUnrouted = quarantineOfShard(() => settings().quarantine.unrouted, shards);
  return {
    quarantine: createQuarantine({ ...access, bounds }),
    unroutedQuarantine: createUnroutedQuarantine({ ...access, bounds: ofUnrouted }),
    counts: createRouteCounts(access),
  };
}

type HandOverOptions = Pick<OpenShardOptions, 'shard' | 'settings' | 'historyDropped' | 'logger'> & {
  readonly redis: Redis;
  readonly watch: Pick<RedisWatch, 'roomTo'>;
};

/** Undefined: there is no history. */
function openHandOver(options: HandOverOptions): HandOver | undefined {
  const { shard, redis, watch, settings, historyDropped: onDropped, logger } = options;
  if (settings().history === undefined) return undefined;
  const { shards, overload } = settings().redis;
  // Of the memory until callbacks may be taken again it takes at most a half, so it never brings Redis there.
  const most = () => Math.min(settings().history?.buffer ?? 0, watch.roomTo(overload.memory.low) / 2) / shards;
  return createHandOver({ redis, prefix: shard.prefix, most, now: redisClock(redis).now, onDropped, logger }).handOver;
}

export function shardUnder(shard: OpenShard, config: Settings) {
  const { access, watch, reach, handOver, traces } = shard;
  const { window } = config.dedupe;
  const ledger = createLedger({ ...access, window });
  const { nearlyFull, tight } = watch;
  const drop = createDropNoter({ ...access, window });
  const renew: FanOutShard['renew'] = (batch, outputs) => ledger.renew(batch, outputs);
  const told = { settings: routesDigest(config), answers: config.history?.answers ?? 0, now: shard.clock.now };
  const history = handOver && createHistoryEvents({ handOver, ...told });
  const tellEnded = tellingEnded({ history, traces });
  const target: FanOutShard = { bodies: createBodies(access), drop, renew, nearlyFull, tight, history, tellEnded };
  /** For fan-outs of its own batches, and of those of other shards. */
  return { ...shard, ledger, history, tellEnded, target, targetOfOthers: { ...target, reach } };
}
