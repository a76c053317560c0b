import { postgresFromDebian } from './debian.ts';
import { postgresInDocker } from './docker.ts';
import { postgresInstalled } from './on-path.ts';
import type { PostgresServerSpec, WayResult } from './server-spec.ts';
import { serverUser } from './user.ts';

type Search = {
  /** Folder for unpacked Debian packages. */
  readonly cache: string;
  readonly signal: AbortSignal;
};

/** The best PostgreSQL of this machine. Otherwise a line per way that says why not. */
export async function findPostgres({ cache, signal }: Search): Promise<{ spec: PostgresServerSpec } | { reasons: string[] }> {
  const user = await serverUser();
  const ways: readonly (() => Promise<WayResult>)[] = [
    () => postgresInstalled(signal, { user }),
    () => postgresFromDebian({ cache, signal, user }),
    () => postgresInDocker(signal, user),
  ];
  const reasons: string[] = [];
  for (const way of ways) {
    const result = await way();
    if ('spec' in result) return result;
    reasons.push(result.unavailable);
  }
  return { reasons };
}
