import type { Durability } from '@ringback/contracts';
import type { Redis } from 'ioredis';
import { ackWorth, unmetDurability } from './durability.ts';
import { redisTime } from './clock.ts';
import { createFsyncReader, readFacts } from './facts.ts';
import { writeRefusal } from './write-refusal.ts';

export type RedisLook = {
  /** Undefined: it does not say. */
  readonly version: string | undefined;
  /** Bytes. 0: no bound. */
  readonly maxmemory: number;
  /** Share of maxmemory that is used, counted as Redis counts it to refuse writes. */
  readonly memoryRatio: number;
  readonly replicas: number;
  /** What an ack is worth, in words. */
  readonly ackWorth: string;
  /** What it does less than `redis.durability` asks, with the command that mends it. */
  readonly unmet: string | undefined;
  /** Why it takes no writes, in words. Undefined: it takes them. */
  readonly refusal: string | undefined;
  /** Of one small command. */
  readonly roundTripMs: number;
  /** ms since the epoch, by Redis's clock, in the middle of that round trip; and by ours. */
  readonly time: { readonly redis: number; readonly own: number };
};

type Asked = { readonly redis: Redis; readonly prefix: string; readonly durability: Durability };

/** For a person who asks: what Redis says of itself now. */
export async function lookAtRedis({ redis, prefix, durability }: Asked): Promise<RedisLook> {
  const started = performance.now();
  const now = await redisTime(redis);
  const roundTripMs = performance.now() - started;
  const time = { redis: now, own: Date.now() - roundTripMs / 2 };
  const facts = await readFacts(redis, createFsyncReader({ redis, now: () => performance.now() }));
  return {
    version: facts.version,
    maxmemory: facts.maxmemory,
    memoryRatio: facts.fill,
    replicas: facts.replicas,
    ackWorth: ackWorth(facts, durability),
    unmet: unmetDurability(facts, durability),
    refusal: await writeRefusal({ redis, prefix }),
    roundTripMs,
    time,
  };
}
