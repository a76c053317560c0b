import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** Runs a Lua script by its digest, and by its text where the server does not know it (yet, or no more: a restart or failover forgets scripts). */
export type ScriptRunner = (lua: string, keys: readonly string[], args: readonly string[]) => Promise<unknown[]>;

export function createRunner(redis: Redis): ScriptRunner {
  const digests = new Map<string, string>();

  function digestOf(lua: string): string {
    const digest = digests.get(lua) ?? createHash('sha1').update(lua).digest('hex');
    digests.set(lua, digest);
    return digest;
  }

  return async (lua, keys, args) => {
    if (keys.length === 0) return [];
    const reply: unknown = await redis.evalsha(digestOf(lua), keys.length, ...keys, ...args).catch((error: unknown) => {
      if (error instanceof Error && error.message.startsWith('NOSCRIPT')) return redis.eval(lua, keys.length, ...keys, ...args);
      throw error;
    });
    return Array.isArray(reply) ? reply : [];
  };
}
