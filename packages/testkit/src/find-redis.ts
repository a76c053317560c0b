import { fileURLToPath } from 'node:url';
import { findRedis, type RedisServerSpec } from '@ringback/redis-server';

/** Not under version control. */
export const STATE_FOLDER = fileURLToPath(new URL('../../../.ringback', import.meta.url));

export function findTestRedis(signal: AbortSignal): Promise<{ spec: RedisServerSpec } | { reasons: string[] }> {
  return findRedis({ cache: `${STATE_FOLDER}/cache`, signal });
}
