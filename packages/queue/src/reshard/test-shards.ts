import { homeShardOf, shardOf } from '@ringback/contracts';
import { testCallback, testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import type { Plan, ShardPlace } from './place.ts';

const SHARDS = 4;
export const OUTPUTS = ['crm', 'ops', 'slow'];
/** How long claims live, and how far a retry is. ms. */
export const LATER = 600_000;

export const many = (name: string, count: number) => Array.from({ length: count }, (_, index) => testCallback(`${name}${index}`));

export const byText = (a: unknown, b: unknown) => String(a).localeCompare(String(b));

/** Four shards in one Redis. The output `slow` has a limit. */
export function setUpShards() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  onTestFinished(() => redis.disconnect());
  const place = (number: number): ShardPlace => ({
    number,
    redis,
    prefix: `${prefix}-${number}`,
    confirm: async () => {},
    nearlyFull: async () => false,
  });
  const shards = Array.from({ length: SHARDS }, (_, number) => place(number));
  const plan = (from: number, to: number): Plan => {
    const homeOf = (output: string, shard: number) =>
      output === 'slow' ? homeShardOf(output, to) : shard < to ? shard : shard % to;
    return { shards, from, to, homeOf };
  };
  return { redis, prefix, place, shards, plan };
}

export type Installed = ReturnType<typeof setUpShards>;

export async function claim({ place }: Installed, keys: readonly string[], from: number, batch = 'b'): Promise<void> {
  for (const key of keys) {
    const { redis, prefix } = place(shardOf(key, from));
    await redis.set(`${prefix}:ledger:${key}`, `${batch} digest`, 'PX', LATER);
  }
}

export async function claimsIn({ redis }: Installed, { prefix }: ShardPlace): Promise<string[]> {
  const keys = await redis.keys(`${prefix}:ledger:*`);
  return keys.map((key) => key.slice(`${prefix}:ledger:`.length)).filter((name) => !name.includes('.'));
}

/** The same connection, whose writes fail from some point on; the first of them has been done all the same. */
export function cut(redis: Redis, isOver: () => boolean): Redis {
  let over = false;
  const cutting = <A extends unknown[]>(command: (...args: A) => Promise<unknown>) => ({
    value: async (...args: A) => {
      if (over) throw new Error('cut off');
      const reply = await command(...args);
      over = isOver();
      if (over) throw new Error('cut off');
      return reply;
    },
  });
  return Object.create(redis, {
    evalsha: cutting((...args: Parameters<Redis['evalsha']>) => redis.evalsha(...args)),
    del: cutting((...keys: string[]) => redis.del(...keys)),
    hdel: cutting((key: string, ...fields: string[]) => redis.hdel(key, ...fields)),
    sadd: cutting((key: string, ...members: string[]) => redis.sadd(key, ...members)),
  });
}
