import type { Redis } from 'ioredis';
import { redisClock } from './clock.ts';

/** What a Redis server says of itself. Undefined: it does not say. */
export type RedisFacts = {
  /** True if it keeps an append-only file. */
  readonly appendonly: boolean | undefined;
  readonly appendfsync: string | undefined;
  readonly policy: string | undefined;
  /** Replicas that follow and have caught up. */
  readonly replicas: number;
  /** True if it knows WAITAOF (7.2 and later). */
  readonly waitaof: boolean;
  /** Used memory as a share of maxmemory, counted as Redis counts it to refuse writes. 0 without maxmemory. */
  readonly fill: number;
  /** Bytes. 0: no bound. */
  readonly maxmemory: number;
};

/** Asks Redis what it is. INFO has no `appendfsync`: the caller asks for it. */
export async function readFacts(redis: Redis, appendfsync: () => Promise<string | undefined>): Promise<RedisFacts> {
  const [info, fsync] = await Promise.all([redis.info(), appendfsync(), redisClock(redis).measure()]);
  return { ...parseInfo(info), appendfsync: fsync };
}

/** Managed servers forbid CONFIG and count refusals: after one we wait before asking again. ms. */
const ASK_AGAIN_AFTER_MS = 30_000;

/** Returns a function that asks for `appendfsync`. It resolves to undefined if that is forbidden. */
export function createFsyncReader({ redis, now }: { redis: Redis; now: () => number }): () => Promise<string | undefined> {
  let askAt = 0;
  return async () => {
    if (now() < askAt) return undefined;
    try {
      const reply: unknown = await redis.config('GET', 'appendfsync');
      return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : undefined;
    } catch (error) {
      // A lost connection does not mean that it is forbidden.
      if (!(error instanceof Error) || error.name !== 'ReplyError') throw error;
      askAt = now() + ASK_AGAIN_AFTER_MS;
      return undefined;
    }
  };
}

function parseInfo(info: string): Omit<RedisFacts, 'appendfsync'> {
  const fields = new Map(info.split(/\r?\n/).map((line) => splitOnce(line)));
  const number = (name: string) => Number(fields.get(name) ?? 0);
  const aof = fields.get('aof_enabled');
  const maxmemory = number('maxmemory');
  return {
    appendonly: aof === undefined ? undefined : aof === '1',
    policy: fields.get('maxmemory_policy'),
    replicas: [...fields].filter(([name, value]) => /^slave\d+$/.test(name) && value.includes('state=online')).length,
    waitaof: isAtLeast72(fields.get('redis_version') ?? ''),
    maxmemory,
    fill: maxmemory > 0 ? (number('used_memory') - number('mem_not_counted_for_evict')) / maxmemory : 0,
  };
}

function splitOnce(line: string): readonly [string, string] {
  const at = line.indexOf(':');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

function isAtLeast72(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 7 || (major === 7 && minor >= 2);
}
