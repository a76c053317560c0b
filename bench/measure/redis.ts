import { setTimeout as delay } from 'node:timers/promises';
import { until } from '@ringback/testkit/bare';
import { Redis } from 'ioredis';
import type { OnClose } from '../processes.ts';

/** What a Redis has done so far, and holds now. */
export type RedisFigures = {
  /** All of its threads, user and system; without what it forks. */
  readonly cpuMs: number;
  /** Commands run, those within scripts included; without the looks at the server that Ringback takes each second or oftener, and ours. */
  readonly commands: number;
  /** Scripts run: nearly all that BullMQ sends is one. */
  readonly scripts: number;
  /** The looks: INFO, CONFIG, PING. */
  readonly looks: number;
  readonly bytes: number;
  /** What its process has of the machine's memory now. */
  readonly residentBytes: number;
};

/** The Redis of a contestant, as the benchmark sees it. */
export type MeasuredRedis = {
  readonly url: string;
  /** After a moment, in which what is being freed is freed and connections close; or, where only CPU and commands matter, without. */
  figures(settleMs?: number): Promise<RedisFigures>;
  /** Drops all that is in it, but for what BullMQ notes of each queue when a process starts: the contestants go on running. */
  empty(queues: readonly string[]): Promise<void>;
  /** Waits until no job waits in these queues or is under way. */
  idle(queues: readonly string[]): Promise<void>;
};

const LOOKS = new Set(['info', 'config|get', 'ping', 'client|setinfo', 'hello', 'select']);
const IDLE_WITHIN_MS = 120_000;
const SETTLE_MS = 100;

/** Connects to a Redis that is there. */
export function measureRedis(url: string, onClose: OnClose): MeasuredRedis {
  const redis = new Redis(url, { maxRetriesPerRequest: 3 });
  onClose(async () => redis.disconnect());

  async function waiting(queues: readonly string[]): Promise<number> {
    const lists = queues.flatMap((queue) => [`${queue}:wait`, `${queue}:active`]);
    const lengths = await Promise.all(lists.map((list) => redis.llen(list)));
    return lengths.reduce((sum, length) => sum + length, 0);
  }

  return {
    url,
    async figures(settleMs = SETTLE_MS) {
      await delay(settleMs);
      return readFigures(await redis.info('everything'));
    },
    async empty(queues) {
      const notes = await Promise.all(
        queues.map(async (queue) => [`${queue}:meta`, await redis.hgetall(`${queue}:meta`)] as const),
      );
      await redis.flushall('SYNC');
      for (const [key, note] of notes) if (Object.keys(note).length > 0) await redis.hset(key, note);
    },
    async idle(queues) {
      await until(async () => (await waiting(queues)) === 0, {
        withinMs: IDLE_WITHIN_MS,
        what: () => `idle: ${queues.join(', ')}`,
      });
    },
  };
}

function readFigures(info: string): RedisFigures {
  const field = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1]);
  const stats = [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(
    ([, name = '', calls]) => [name, Number(calls)] as const,
  );
  const sum = (counts: (name: string) => boolean) =>
    stats.filter(([name]) => counts(name)).reduce((total, [, calls]) => total + calls, 0);
  return {
    cpuMs: (field('used_cpu_user') + field('used_cpu_sys')) * 1000,
    commands: sum((name) => !LOOKS.has(name)),
    scripts: sum((name) => name.startsWith('eval')),
    looks: sum((name) => LOOKS.has(name)),
    bytes: field('used_memory'),
    residentBytes: field('used_memory_rss'),
  };
}

/** What was done between two looks; `bytes` is what is held more. */
export function since(before: RedisFigures, after: RedisFigures): RedisFigures {
  return {
    cpuMs: after.cpuMs - before.cpuMs,
    commands: after.commands - before.commands,
    scripts: after.scripts - before.scripts,
    looks: after.looks - before.looks,
    bytes: after.bytes - before.bytes,
    residentBytes: after.residentBytes,
  };
}
