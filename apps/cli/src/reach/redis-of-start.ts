import { existsSync, readFileSync } from 'node:fs';

/** Where `npm start` writes its Redis URL, in the project's folder. */
export const REDIS_OF_START = '.ringback/redis.url';

export function redisOfStart(): string | undefined {
  return existsSync(REDIS_OF_START) ? readFileSync(REDIS_OF_START, 'utf8').trim() : undefined;
}
