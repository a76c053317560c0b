import type { RedisServerSpec } from '@ringback/redis-server';

const HOW =
  'Install redis-server or valkey-server (Debian, Ubuntu: apt install redis-server; macOS: brew install redis), and run this again. ' +
  'Or let Docker run a cluster: docs/deploying.md, Compose.';

/**
 * A server that can be a node of a cluster. Neither a container can, whose nodes do not reach each other, nor Redis in JavaScript.
 * @throws Error that says how to get one
 */
export function clusterServer(found: { spec: RedisServerSpec } | { reasons: string[] }): RedisServerSpec {
  if ('spec' in found && (found.spec.way === 'on PATH' || found.spec.way === 'Debian packages')) return found.spec;
  const reasons = 'spec' in found ? [`${found.spec.label} cannot be a node here`] : found.reasons;
  const why = reasons.map((reason) => `  - ${reason}`).join('\n');
  throw new Error(`A cluster needs a real Redis on this machine, and there is none:\n${why}\n${HOW}`);
}
