import { redisFromDebian } from './debian.ts';
import { redisInDocker } from './docker.ts';
import { redisOnPath } from './on-path.ts';
import type { RedisServerSpec, WayResult } from './server-spec.ts';

type Search = {
  /** The folder that keeps Debian's packages once they are unpacked. */
  readonly cache: string;
  readonly signal: AbortSignal;
};

/** The ways to a real server, best first. */
const WAYS: readonly ((search: Search) => Promise<WayResult>)[] = [
  ({ signal }) => redisOnPath(signal),
  redisFromDebian,
  ({ signal }) => redisInDocker(signal),
];

/** The first way by which this machine has a real Redis server, or a line for each that says why it has none. */
export async function findRedis(search: Search): Promise<{ spec: RedisServerSpec } | { reasons: string[] }> {
  const reasons: string[] = [];
  for (const way of WAYS) {
    const result = await way(search);
    if ('spec' in result) return result;
    reasons.push(result.unavailable);
  }
  return { reasons };
}
