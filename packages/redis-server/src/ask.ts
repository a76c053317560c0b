import { Redis } from 'ioredis';
import type { RedisServerTls } from './server.ts';

const ANSWERS_WITHIN_MS = 2000;

/** By its URL and, if it speaks TLS, what a client of it needs. */
export type ReachedRedis = { readonly url: string; readonly tls?: RedisServerTls | undefined };

/**
 * Runs one command on one server. A connection for each: any server may be killed or hang at any time.
 * @throws Error of Redis or of the connection, after 2 s at the latest
 */
export async function askRedis(
  server: string | ReachedRedis,
  command: string,
  ...args: readonly (string | number)[]
): Promise<unknown> {
  const { url, tls } = typeof server === 'string' ? { url: server, tls: undefined } : server;
  const patience = { connectTimeout: ANSWERS_WITHIN_MS, commandTimeout: ANSWERS_WITHIN_MS };
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null, ...patience, ...(tls && { tls }) });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await redis.call(command, ...args);
  } finally {
    redis.disconnect();
  }
}
