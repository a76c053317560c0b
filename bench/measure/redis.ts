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
  /** From and to clients. */
  readonly netInBytes: number;
  readonly netOutBytes: number;
  /** Growth of the append-only file: a replica is sent the same. */
  readonly writtenBytes: number;
  /** Of the server that had the fewest. */
  readonly leastScripts: number;
};

export type MeasuredRedis = {
  readonly url: string;
  /** After the plan's `settleMs`, unless told. */
  figures(settleMs?: number): Promise<RedisFigures>;
  /** Keeps what BullMQ writes per queue at a process's start: contestants keep running. */
  empty(queues: readonly string[]): Promise<void>;
  /** Nothing waits or is active, and streams hold nothing. */
  idle(queues: readonly string[], streams?: readonly string[]): Promise<void>;
};

const LOOKS = new Set(['info', 'config|get', 'ping', 'client|setinfo', 'hello', 'select']);
const IDLE_WITHIN_MS = 120_000;

export type MeasureOptions = {
  readonly url: string;
  readonly onClose: OnClose;
  /** Time for Redis to free memory and close connections. */
  readonly settleMs: number;
  /** Further keys that `empty` keeps. */
  readonly kept?: readonly string[];
};

export function measureRedis({ url, onClose, settleMs: usual, kept = [] }: MeasureOptions): MeasuredRedis {
  const redis = new Redis(url, { maxRetriesPerRequest: 3 });
  onClose(async () => redis.disconnect());

  async function waiting(queues: readonly string[], streams: readonly string[]): Promise<number> {
    const lists = queues.flatMap((queue) => [`${queue}:wait`, `${queue}:active`]);
    const lengths = await Promise.all([...lists.map((list) => redis.llen(list)), ...streams.map((stream) => redis.xlen(stream))]);
    return lengths.reduce((sum, length) => sum + length, 0);
  }

  return {
    url,
    async figures(settleMs = usual) {
      await delay(settleMs);
      return readFigures(await redis.info('everything'));
    },
    async empty(queues) {
      const keys = [...kept, ...queues.map((queue) => `${queue}:meta`)];
      const dumps = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
      // In one go: a look of the apps in between would miss what is kept.
      const commands = redis.pipeline().flushall('SYNC');
      for (const [index, key] of keys.entries()) {
        const dump = dumps[index];
        if (dump) commands.restore(key, 0, dump);
      }
      for (const [error] of (await commands.exec()) ?? []) if (error) throw error;
    },
    async idle(queues, streams = []) {
      await until(async () => (await waiting(queues, streams)) === 0, {
        withinMs: IDLE_WITHIN_MS,
        what: () => `idle: ${[...queues, ...streams].join(', ')}`,
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
  const scripts = sum((name) => name.startsWith('eval'));
  return {
    cpuMs: (field('used_cpu_user') + field('used_cpu_sys')) * 1000,
    commands: sum((name) => !LOOKS.has(name)),
    scripts,
    leastScripts: scripts,
    looks: sum((name) => LOOKS.has(name)),
    bytes: field('used_memory'),
    residentBytes: field('used_memory_rss'),
    netInBytes: field('total_net_input_bytes'),
    netOutBytes: field('total_net_output_bytes'),
    writtenBytes: field('aof_current_size'),
  };
}

/** `bytes`: growth. */
export function since(before: RedisFigures, after: RedisFigures): RedisFigures {
  return { ...combine(after, before, (now, then) => now - then), residentBytes: after.residentBytes };
}

/** Of all servers of a cluster. */
export function sumOf(figures: readonly [RedisFigures, ...RedisFigures[]]): RedisFigures {
  const leastScripts = Math.min(...figures.map(({ scripts }) => scripts));
  return { ...figures.reduce((sum, one) => combine(sum, one, (a, b) => a + b)), leastScripts };
}

function combine(one: RedisFigures, other: RedisFigures, by: (one: number, other: number) => number): RedisFigures {
  return {
    cpuMs: by(one.cpuMs, other.cpuMs),
    commands: by(one.commands, other.commands),
    scripts: by(one.scripts, other.scripts),
    looks: by(one.looks, other.looks),
    bytes: by(one.bytes, other.bytes),
    residentBytes: by(one.residentBytes, other.residentBytes),
    netInBytes: by(one.netInBytes, other.netInBytes),
    netOutBytes: by(one.netOutBytes, other.netOutBytes),
    writtenBytes: by(one.writtenBytes, other.writtenBytes),
    leastScripts: by(one.leastScripts, other.leastScripts),
  };
}
