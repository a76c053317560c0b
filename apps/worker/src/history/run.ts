import { loggerOfShard } from '@ringback/contracts';
import { connectPatient, redisClock, type Shard, shardsOf } from '@ringback/redis';
import type { Redis } from 'ioredis';
import { PROCESS_LOOPS, SHARD_LOOPS } from './loops.ts';
import type { HistoryWork } from './work.ts';

/** Runs all loops until each has ended. Rejects as soon as one does. */
export async function runLoops(work: HistoryWork, served: readonly number[]): Promise<void> {
  const connections: Redis[] = [];
  const shards = shardsOf(work.config.redis);

  function inShard(shard: Shard, number: number): Promise<void>[] {
    const logger = loggerOfShard(work.logger, { shard: number, shards: shards.length });
    const connect = (name: string) => {
      const redis = connectPatient({ ...shard, name, logger });
      connections.push(redis);
      return { redis, clock: redisClock(redis) };
    };
    return SHARD_LOOPS.map((loop) => loop({ ...work, shard, number, connect, logger }));
  }

  await Promise.all([
    ...PROCESS_LOOPS.map((loop) => loop(work)),
    ...shards.flatMap((shard, number) => (served.includes(number) ? inShard(shard, number) : [])),
  ]);
  for (const redis of connections) redis.disconnect();
}
