import type { Config } from '@ringback/config';
import type { Logger } from '@ringback/contracts';
import { createLedger } from '@ringback/ledger';
import { connectPatient, createErrorReporter, createLossMemory, createRedisWatch, redisClock, type Shard } from '@ringback/redis';

export type WorkShard = ReturnType<typeof openShard>;

export type WorkShardOptions = {
  readonly shard: Shard;
  readonly config: Pick<Config, 'redis' | 'worker' | 'dedupe'>;
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly logger: Logger;
};

/** A shard as a worker reaches it: the connection of all its commands, and what Redis says of itself. */
export function openShard({ shard, config, now, logger }: WorkShardOptions) {
  const { prefix } = shard;
  const redis = connectPatient({ ...shard, name: 'ringback-worker', logger });
  const watch = createRedisWatch({ ...config.redis, redis, prefix, now, logger });
  const errors = createErrorReporter({ wasAway: createLossMemory(redis), logger });
  const access = { redis, prefix, lockDuration: config.worker.lockDuration, errors };
  const ledger = createLedger({ redis, prefix, window: config.dedupe.window });
  return { prefix, watch, access, ledger, clock: redisClock(redis), logger };
}
