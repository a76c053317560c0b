import { fileURLToPath } from 'node:url';
import { redisFromDebian } from './debian.ts';
import { redisInDocker } from './docker.ts';
import { redisOnPath } from './on-path.ts';
import type { RedisServerSpec, WayResult } from './server-spec.ts';

/** The project's own folder for data and caches; not under version control. */
export const STATE_FOLDER = fileURLToPath(new URL('../../.ringback', import.meta.url));

/** The ways to a real server, best first. */
const WAYS: readonly ((signal: AbortSignal) => Promise<WayResult>)[] = [
  redisOnPath,
  (signal) => redisFromDebian({ cache: `${STATE_FOLDER}/cache`, signal }),
  redisInDocker,
];

/** The first way by which this machine has a real Redis server, or a line for each that says why it has none. */
export async function findRedis(signal: AbortSignal): Promise<{ spec: RedisServerSpec } | { reasons: string[] }> {
  const reasons: string[] = [];
  for (const way of WAYS) {
    const result = await way(signal);
    if ('spec' in result) return result;
    reasons.push(result.unavailable);
  }
  return { reasons };
}
