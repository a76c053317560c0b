import { randomUUID } from 'node:crypto';
import type { RedisServerSpec } from '@ringback/redis-server';
import { inject, onTestFinished } from 'vitest';
import { type PrivateRedis, type PrivateRedisOptions, runPrivateRedis } from './private-redis.ts';

export { freePort } from '@ringback/redis-server';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Set by the global setup. */
    redisUrl: string;
    redisSpec: RedisServerSpec;
  }
}

/** Prefix without colon: BullMQ adds separators. */
export function testRedis(): { url: string; prefix: string } {
  return { url: inject('redisUrl'), prefix: `test-${randomUUID()}` };
}

export function redisSpec(): RedisServerSpec {
  return inject('redisSpec');
}

/** Outside a test the caller calls `remove`. */
export function removeAfterTest(remove: () => Promise<void>): void {
  try {
    onTestFinished(remove);
  } catch {
    // Not within a test. If it is not removed, it ends with this process.
  }
}

/**
 * Removed after the test; outside a test it lives until `remove()`. @throws Error with redis-server's words
 */
export async function startRedisServer(options: PrivateRedisOptions = {}, spec = redisSpec()): Promise<PrivateRedis> {
  const server = await runPrivateRedis(spec, options);
  removeAfterTest(() => server.remove());
  return server;
}
