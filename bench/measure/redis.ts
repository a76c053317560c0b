import { setTimeout as delay } from 'node:timers/promises';
import { until } from '@ringback/testkit/bare';
import { Redis } from 'ioredis';
import type { OnClose } from '../processes.ts';

export type RedisFigures = {
  /** All threads, without forks. */
  readonly cpuMs: number;
  /** With those in scripts, without `looks`. */
  readonly commands: number;
  readonly scripts: number;
  /** Periodic checks: INFO, CONFIG, PING. */
  readonly looks: number;
  readonly bytes: number;
  readonly residentBytes: number;
};

export type MeasuredRedis = {
  readonly url: string;
  /** `settleMs`: time for Redis to free memory and close connections. */
  figures(settleMs?: number): Promise<RedisFigures>;
  /** Keeps what BullMQ writes per queue at a process's start: contestants keep running. */
  empty(queues: readonly string[]): Promise<void>;
  /** Nothing waits or is active. */
  idle(queues: readonly string[]): Promise<void>;
};

const LOOKS = new Set(['info', 'config|get', 'ping', 'client|setinfo', 'hello', 'select']);
const IDLE_WITHIN_MS = 120_000;
const SETTLE_MS = 100;

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

/** `bytes`: growth. */
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
