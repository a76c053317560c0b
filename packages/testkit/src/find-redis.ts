import { fileURLToPath } from 'node:url';
import { findRedis, type RedisServerSpec } from '@ringback/redis-server';

/** The project's own folder for reports and caches; not under version control. */
export const STATE_FOLDER = fileURLToPath(new URL('../../../.ringback', import.meta.url));

/** A real Redis server of this machine, or a line for each way to one that says why it has none. */
export function findTestRedis(signal: AbortSignal): Promise<{ spec: RedisServerSpec } | { reasons: string[] }> {
  return findRedis({ cache: `${STATE_FOLDER}/cache`, signal });
}
