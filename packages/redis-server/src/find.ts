import { redisFromDebian } from './debian.ts';
import { redisInDocker } from './docker.ts';
import { redisOnPath, serverOnPath } from './on-path.ts';
import type { RedisServerSpec, WayResult } from './server-spec.ts';

type Search = {
  /** Folder for unpacked Debian packages. */
  readonly cache: string;
  readonly signal: AbortSignal;
  /** Nothing but this server: a name on PATH or, for `redis-server` and `valkey-server`, of a package; or a path. */
  readonly program?: string | undefined;
};

type Way = (search: Search) => Promise<WayResult>;

/** Best first. */
const WAYS: readonly Way[] = [
  ({ signal }) => redisOnPath(signal),
  ({ cache, signal }) => redisFromDebian({ cache, signal }),
  ({ signal }) => redisInDocker(signal),
];

function waysTo(program: string): readonly Way[] {
  const onPath: Way = ({ signal }) => serverOnPath(program, signal);
  if (program !== 'redis-server' && program !== 'valkey-server') return [onPath];
  return [onPath, ({ cache, signal }) => redisFromDebian({ cache, signal, program })];
}

/** Otherwise a line per way that says why not. */
export async function findRedis(search: Search): Promise<{ spec: RedisServerSpec } | { reasons: string[] }> {
  const reasons: string[] = [];
  for (const way of search.program === undefined ? WAYS : waysTo(search.program)) {
    const result = await way(search);
    if ('spec' in result) return result;
    reasons.push(result.unavailable);
  }
  return { reasons };
}
