import { RingbackError } from '@ringback/contracts';
import { connectForCommand, type Shard } from '@ringback/redis';
import { REDIS_OF_START, redisOfStart } from './redis-of-start.ts';

/** What goes on until Ctrl-C connects again and again. */
let isSaid = false;

/**
 * Says once on stderr if it falls back to the Redis of `npm start`. @throws RingbackError RB_REDIS_UNAVAILABLE or
 * RB_CONFIG_INVALID
 */
export function connectRedis(
  shard: Shard,
  env: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof connectForCommand> {
  if (!env['REDIS_URL'] && shard.url !== undefined && urlOf(shard.url) === redisOfStart() && !isSaid) {
    process.stderr.write(`redis: the one of npm start or ringback start (${REDIS_OF_START})\n`);
    isSaid = true;
  }
  return connectForCommand({ ...shard, name: 'ringback-cli' });
}

/** @throws RingbackError RB_CONFIG_INVALID if it is missing */
function urlOf(url: NonNullable<Shard['url']>): string {
  try {
    return url.reveal();
  } catch (error) {
    if (!(error instanceof RingbackError) || redisOfStart() !== undefined) throw error;
    const words = `${error.message}. If the settings name no Redis, run npm start (or ringback start) in this folder first`;
    throw new RingbackError(error.code, words, { cause: error });
  }
}
