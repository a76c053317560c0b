import { randomUUID } from 'node:crypto';
import type { RedisServerSpec } from '@ringback/redis-server';
import { inject, onTestFinished } from 'vitest';
import { type PrivateRedis, type PrivateRedisOptions, runPrivateRedis } from './private-redis.ts';

export { freePort } from '@ringback/redis-server';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The run's shared Redis; set by the global setup. */
    redisUrl: string;
    /** How to run a private one. */
    redisSpec: RedisServerSpec;
  }
}

/** The run's shared Redis, and a key prefix of its own, without colon: BullMQ adds separators. */
export function testRedis(): { url: string; prefix: string } {
  return { url: inject('redisUrl'), prefix: `test-${randomUUID()}` };
}

/** How this run starts private Redis servers; for who starts them in another way than `startRedisServer`. */
export function redisSpec(): RedisServerSpec {
  return inject('redisSpec');
}

/** Registers the clean-up with the running test; outside a test (in a hook) the caller calls `remove`. */
function removeAfterTest(remove: () => Promise<void>): void {
  try {
    onTestFinished(remove);
  } catch {
    // Not within a test. If the caller forgets, packages/redis-server ends the server with this process.
  }
}

/**
 * A private Redis server, gone after the test. Called in a hook, it lives until `remove()`, and at most as long as this process.
 * @throws Error with redis-server's words when it does not come up.
 */
export async function startRedisServer(options: PrivateRedisOptions = {}): Promise<PrivateRedis> {
  const server = await runPrivateRedis(redisSpec(), options);
  removeAfterTest(() => server.remove());
  return server;
}
