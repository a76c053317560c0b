import { connectForCommand, type Shard } from '@ringback/redis';
import { REDIS_OF_START, redisOfStart } from './redis-of-start.ts';

/**
 * Says on stderr if it falls back to the Redis of `npm start`. @throws RingbackError RB_REDIS_UNAVAILABLE or
 * RB_CONFIG_INVALID
 */
export function connectRedis(
  shard: Shard,
  env: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof connectForCommand> {
  if (!env['REDIS_URL'] && shard.url !== undefined && shard.url.reveal() === redisOfStart())
    process.stderr.write(`redis: the one of npm start or ringback start (${REDIS_OF_START})\n`);
  return connectForCommand({ ...shard, name: 'ringback-cli' });
}
