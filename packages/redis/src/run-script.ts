import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** By digest, or by text after a restart or a failover. Without keys there is nothing to do. */
export type RunScript = (script: string, keys: readonly string[], args: readonly (string | Buffer)[]) => Promise<unknown[]>;

export function createRunScript(redis: Redis): RunScript {
  const digests = new Map<string, string>();

  return async (script, keys, args) => {
    if (keys.length === 0) return [];
    const digest = digests.get(script) ?? createHash('sha1').update(script).digest('hex');
    digests.set(script, digest);
    const reply: unknown = await redis.evalsha(digest, keys.length, ...keys, ...args).catch((error: unknown) => {
      if (error instanceof Error && error.message.startsWith('NOSCRIPT'))
        return redis.eval(script, keys.length, ...keys, ...args);
      throw error;
    });
    return Array.isArray(reply) ? reply : [];
  };
}
