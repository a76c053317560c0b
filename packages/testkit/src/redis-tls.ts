import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PrivateRedisOptions } from './private-redis.ts';

const fileOf = (name: string) => fileURLToPath(new URL(`../tls/${name}`, import.meta.url));
const textOf = (name: string) => readFileSync(fileOf(name), 'utf8');

/** What a client of such a server needs. `otherCaFile` is a CA that its certificate is not of. */
export const TLS_FILES = {
  caFile: fileOf('ca.pem'),
  certFile: fileOf('client.pem'),
  keyFile: fileOf('client.key'),
  servername: 'redis.test',
  otherCaFile: fileOf('server.pem'),
} as const;

/** A server or a sentinel that speaks TLS and nothing else, also with its like, and asks clients for a certificate. */
export function speakingTls(): Required<Pick<PrivateRedisOptions, 'settings' | 'tls'>> {
  const files = { cert: 'redis.pem', key: 'redis.key', 'ca-cert': 'ca.pem' };
  const named = Object.entries(files).flatMap(([what, name]) => [`--tls-${what}-file`, fileOf(name)]);
  return {
    settings: [...named, '--tls-auth-clients', 'yes', '--tls-replication', 'yes'],
    tls: { ca: textOf('ca.pem'), cert: textOf('client.pem'), key: textOf('client.key'), servername: TLS_FILES.servername },
  };
}
