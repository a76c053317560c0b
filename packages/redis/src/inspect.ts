import type { Durability } from '@ringback/contracts';
import type { Redis } from 'ioredis';
import { ackWorth, lackingFor } from './durability.ts';
import { redisTime } from './clock.ts';
import { createFsyncReader, infoFields, readFacts, tooOld } from './facts.ts';
import { createWriteProbe, type WriteProbeOptions } from './write-probe.ts';

/** What a server says of itself. Undefined: it does not say. */
export type RedisInspection = {
  readonly version: string | undefined;
  readonly tooOld: string | undefined;
  readonly policy: string | undefined;
  /** Bytes. 0: no bound. */
  readonly maxmemory: number;
  /** Share of maxmemory. */
  readonly fill: number;
  /** What an ack is worth, in words. */
  readonly worth: string;
  /** What `redis.durability` asks for and is not done. */
  readonly lack: { readonly what: string; readonly mend: string } | undefined;
  readonly appendonly: boolean | undefined;
  /** The last write to disk failed. */
  readonly diskFails: boolean;
  /** How often Redis had to wait for the disk since its start. */
  readonly delayedFsyncs: number;
};

/** Only reads. */
export async function inspectRedis(redis: Redis, durability: Durability): Promise<RedisInspection> {
  const [facts, info] = await Promise.all([
    readFacts(redis, createFsyncReader({ redis, now: Date.now })),
    redis.info('persistence').then(infoFields),
  ]);
  const { version, policy, maxmemory, fill, appendonly } = facts;
  return {
    version,
    tooOld: tooOld(facts),
    policy,
    maxmemory,
    fill,
    worth: ackWorth(facts, durability),
    lack: lackingFor(facts, durability),
    appendonly,
    diskFails: ['aof_last_write_status', 'rdb_last_bgsave_status'].some((field) => info.get(field) === 'err'),
    delayedFsyncs: Number(info.get('aof_delayed_fsync') ?? 0),
  };
}

/** What Redis refuses of what the work needs. Writes the key of the readiness probe. Undefined: nothing. */
export async function refusedByRedis(options: WriteProbeOptions): Promise<{ reason: string; isRight: boolean } | undefined> {
  const trouble = await createWriteProbe(options)();
  return trouble && { reason: trouble.reason, isRight: trouble.kind === 'NOPERM' };
}

export type RedisTiming = {
  /** Of round trips. */
  readonly medianMs: number;
  readonly worstMs: number;
  /** How far our clock is ahead of Redis's; exact to half of the fastest round trip. */
  readonly aheadMs: number;
  readonly exactToMs: number;
};

const ROUND_TRIPS = 15;

/** Asks for the time, one after the other. The fastest answer tells the time best. */
export async function timeRedis(redis: Redis, wall: () => number): Promise<RedisTiming> {
  const trips: { readonly ms: number; readonly ahead: number }[] = [];
  for (let trip = 0; trip < ROUND_TRIPS; trip += 1) {
    const before = performance.now();
    const time = await redisTime(redis);
    const ms = performance.now() - before;
    trips.push({ ms, ahead: wall() - ms / 2 - time });
  }
  const sorted = trips.toSorted((a, b) => a.ms - b.ms);
  const [best = { ms: 0, ahead: 0 }] = sorted;
  const median = sorted[Math.floor(sorted.length / 2)] ?? best;
  return {
    medianMs: median.ms,
    worstMs: sorted.at(-1)?.ms ?? 0,
    aheadMs: Math.round(best.ahead),
    exactToMs: Math.ceil(best.ms / 2),
  };
}
