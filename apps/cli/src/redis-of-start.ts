import { existsSync, readFileSync } from 'node:fs';

/** Where `npm start` writes its Redis URL, in the project's folder. */
export const REDIS_OF_START = '.ringback/redis.url';

/** The Redis URL of `npm start`, if one ran in the working folder. */
export function redisOfStart(): string | undefined {
  return existsSync(REDIS_OF_START) ? readFileSync(REDIS_OF_START, 'utf8').trim() : undefined;
}
