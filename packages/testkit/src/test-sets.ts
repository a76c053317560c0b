import type { PrivateRedis } from './private-redis.ts';
import { startRedisServer } from './redis.ts';
import {
  type ClusterOptions,
  type RedisSet,
  runCluster,
  runSentinelSet,
  type SentinelSet,
  type SetOptions,
} from './redis-sets.ts';

/** All servers end with the test. */
export const startSentinelSet = (options?: SetOptions): Promise<SentinelSet> =>
  runSentinelSet((server) => startRedisServer(server), options);

/** All servers end with the test. */
export const startCluster = (options?: ClusterOptions): Promise<RedisSet> =>
  runCluster((server) => startRedisServer(server), options);

/** A sentinel that watches nothing yet. */
export const startSentinel = (): Promise<PrivateRedis> => startRedisServer({ sentinel: true });
