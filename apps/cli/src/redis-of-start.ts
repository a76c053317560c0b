import { existsSync, readFileSync } from 'node:fs';

/** Where `npm start` writes the URL of its own Redis, in the folder of the project. */
export const REDIS_OF_START = '.ringback/redis.url';

/** The URL of the Redis of `npm start`, where one ran in the working folder. */
export function redisOfStart(): string | undefined {
  return existsSync(REDIS_OF_START) ? readFileSync(REDIS_OF_START, 'utf8').trim() : undefined;
}
