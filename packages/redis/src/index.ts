export type { RedisAddress } from './address.ts';
export { redisClock, type RedisClock, redisTime } from './clock.ts';
export { leastAcl, LEAST_SENTINEL_ACL } from './commands.ts';
export { createConfirm } from './confirm.ts';
export { createRenewal } from './connection-renewal.ts';
export { createLossMemory } from './connection-state.ts';
export { connectFailFast, connectForCommand, connectPatient, connectUnheard, isReady } from './connection.ts';
export { createErrorReporter, type ErrorReporter } from './error-reporter.ts';
export { inspectRedis, type RedisInspection, type RedisTiming, refusedByRedis, timeRedis } from './inspect.ts';
export { ledgerKeyStart, outcomesKey } from './outcomes-key.ts';
export type { OverloadSettings } from './overload.ts';
export { HISTORY_OVERHEAD, historyKeys } from './history-keys.ts';
export { createLatelyNoter, DROPPED, type Lately, latelyKey, newestOf, NOTE_LATELY, readLately } from './lately.ts';
export { lookAtRedis, type RedisLook } from './look-at-redis.ts';
export { notReadyReasons } from './readiness.ts';
export {
  changeShardCount,
  noteShardCount,
  readShardCount,
  type ShardCount,
  shardCountKey,
  shardCountRefusal,
  shardCountText,
} from './shard-count.ts';
export { createShardCountWatch, type ShardCountWatch } from './shard-count-watch.ts';
export { type Shard, type Sharded, shardsOf } from './shards.ts';
export { sharingPrimary } from './sharing-primary.ts';
export { createShardsReadiness, type ShardsReadiness } from './shards-readiness.ts';
export { createRunScript, type RunScript } from './run-script.ts';
export { type TlsPlace, tlsPlaces } from './tls-places.ts';
export { refusalOf, refusedCallback } from './trouble.ts';
export { writeRefusal } from './write-refusal.ts';
export { createRedisWatch, type RedisWatch } from './watch.ts';
