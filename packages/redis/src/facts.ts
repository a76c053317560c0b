import type { Redis } from 'ioredis';
import { redisClock } from './clock.ts';
import { followersIn } from './followers.ts';

/** Undefined: Redis does not say. */
export type RedisFacts = {
  readonly appendonly: boolean | undefined;
  readonly appendfsync: string | undefined;
  readonly policy: string | undefined;
  /** Those that have caught up. */
  readonly replicas: number;
  /** All of them, as `host:port`. */
  readonly followers: readonly string[];
  /** Its version, by which it is compatible: Valkey says 7.2.4. */
  readonly version: string | undefined;
  readonly waitaof: boolean;
  /** Share of maxmemory, counted as Redis counts it to refuse writes. */
  readonly fill: number;
  /** Bytes. 0: no bound. */
  readonly maxmemory: number;
};

/** INFO has no `appendfsync`. */
export async function readFacts(redis: Redis, appendfsync: () => Promise<string | undefined>): Promise<RedisFacts> {
  const [info, fsync] = await Promise.all([redis.info(), appendfsync(), redisClock(redis).measure()]);
  return { ...parseInfo(info), appendfsync: fsync };
}

/** Managed servers forbid CONFIG and count refusals. ms. */
const ASK_AGAIN_AFTER_MS = 30_000;

/** Resolves to undefined if that is forbidden. */
export function createFsyncReader({ redis, now }: { redis: Redis; now: () => number }): () => Promise<string | undefined> {
  let askAt = 0;
  return async () => {
    if (now() < askAt) return undefined;
    try {
      const reply: unknown = await redis.config('GET', 'appendfsync');
      return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : undefined;
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'ReplyError') throw error;
      askAt = now() + ASK_AGAIN_AFTER_MS;
      return undefined;
    }
  };
}

function parseInfo(info: string): Omit<RedisFacts, 'appendfsync'> {
  const fields = infoFields(info);
  const number = (name: string) => Number(fields.get(name) ?? 0);
  const aof = fields.get('aof_enabled');
  const maxmemory = number('maxmemory');
  return {
    appendonly: aof === undefined ? undefined : aof === '1',
    policy: fields.get('maxmemory_policy'),
    replicas: [...fields].filter(([name, value]) => /^slave\d+$/.test(name) && value.includes('state=online')).length,
    followers: followersIn(info),
    version: fields.get('redis_version'),
    waitaof: isAtLeast(fields.get('redis_version') ?? '', 7, 2),
    maxmemory,
    fill: maxmemory > 0 ? (number('used_memory') - number('mem_not_counted_for_evict')) / maxmemory : 0,
  };
}

export function infoFields(info: string): ReadonlyMap<string, string> {
  return new Map(info.split(/\r?\n/).map((line) => splitOnce(line)));
}

function splitOnce(line: string): readonly [string, string] {
  const at = line.indexOf(':');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

function isAtLeast(version: string, wantedMajor: number, wantedMinor: number): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/** What is wrong with a server that lacks what BullMQ's scripts and ours use. Undefined: nothing, or it does not say. */
export function tooOld({ version }: Pick<RedisFacts, 'version'>): string | undefined {
  if (version === undefined || isAtLeast(version, 6, 2)) return undefined;
  return `Redis ${version} is too old. Upgrade it: Ringback needs Redis 6.2 or later, or Valkey`;
}
