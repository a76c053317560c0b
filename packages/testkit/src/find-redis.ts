import { fileURLToPath } from 'node:url';
import { findRedis, type RedisServerSpec } from '@ringback/redis-server';

/** Not under version control. */
export const STATE_FOLDER = fileURLToPath(new URL('../../../.ringback', import.meta.url));

/** `RINGBACK_TEST_REDIS_SERVER` names another server than the one that is found first: `valkey-server`, or a path. */
export function findTestRedis(signal: AbortSignal): Promise<{ spec: RedisServerSpec } | { reasons: string[] }> {
  const program = process.env['RINGBACK_TEST_REDIS_SERVER'];
  return findRedis({ cache: `${STATE_FOLDER}/cache`, signal, program: program === '' ? undefined : program });
}
