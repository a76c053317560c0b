import type { Config } from '@ringback/config';
import { connectForCommand } from '@ringback/redis';
import { REDIS_OF_START, redisOfStart } from './redis-of-start.ts';

/**
 * Says on stderr if it falls back to the Redis of `npm start`. @throws RingbackError RB_REDIS_UNAVAILABLE or
 * RB_CONFIG_INVALID
 */
export function connectRedis(
  { redis: { url } }: Config,
  env: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof connectForCommand> {
  if (!env['REDIS_URL'] && url.reveal() === redisOfStart())
    process.stderr.write(`redis: the one of npm start or ringback start (${REDIS_OF_START})\n`);
  return connectForCommand({ url, name: 'ringback-cli' });
}
