import { redisFromDebian } from './debian.ts';
import { redisInDocker } from './docker.ts';
import { redisOnPath } from './on-path.ts';
import type { RedisServerSpec, WayResult } from './server-spec.ts';

type Search = {
  /** Folder for unpacked Debian packages. */
  readonly cache: string;
  readonly signal: AbortSignal;
};

/** Best first. */
const WAYS: readonly ((search: Search) => Promise<WayResult>)[] = [
  ({ signal }) => redisOnPath(signal),
  redisFromDebian,
  ({ signal }) => redisInDocker(signal),
];

/** Otherwise a line per way that says why not. */
export async function findRedis(search: Search): Promise<{ spec: RedisServerSpec } | { reasons: string[] }> {
  const reasons: string[] = [];
  for (const way of WAYS) {
    const result = await way(search);
    if ('spec' in result) return result;
    reasons.push(result.unavailable);
  }
  return { reasons };
}
