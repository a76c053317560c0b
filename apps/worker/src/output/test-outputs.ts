import { type Callback, type Delivery, type DeliveryResult, type DeliverySettings, type Logger } from '@ringback/contracts';
import { createLedger } from '@ringback/ledger';
import { createBodies, readBacklog } from '@ringback/queue';
import { testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, onTestFinished, vi } from 'vitest';
import { createFanOut } from '../dispatch/fan-out.ts';
import { openOutput } from './output.ts';
import { openLane } from './output-lane.ts';
import { testShard } from '../shard/test-shard.ts';
import type { TellEnded } from '../tell-ended.ts';

const DELIVERY: DeliverySettings = {
  backlog: { over: 'hold' },
  timeout: 1000,
  concurrency: 8,
  retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 5, maxDelay: 20 },
  breaker: { enabled: true, failures: 2, failingFor: 60_000, cooldown: 50, maxHold: 60_000 },
};
const DOWN: DeliveryResult = { outcome: 'retry', failure: 'unavailable', reason: 'connection refused' };
export const DEADLINE = { timeout: 20_000, interval: 20 };

const NAMES = ['crm', 'ops'] as const;
const line = () => vi.fn<Logger['info']>();

type Options = { crm?: Partial<DeliverySettings>; tight?: boolean };

export function startOutputs({ crm = {}, tight = false }: Options = {}) {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const access = { redis, prefix, lockDuration: 2000 };
  const logger = { debug: line(), info: line(), warn: line(), error: line() };
  const ledger = createLedger({ redis, prefix, window: 60_000 });
  const { arrived, down, deliver } = createDestinations();
  const ended: Parameters<TellEnded>[0][] = [];
  const tellEnded: TellEnded = async (those) => void ended.push(those);
  const shard = { ...testShard(access, { tight }), tellEnded };
  const common = { access, ledger, logger, shard, stopping: new AbortController().signal, now: Date.now };
  const lanes = new Map(
    NAMES.map((name) => {
      const delivery = { ...DELIVERY, ...(name === 'crm' && crm) };
      const settings = { name, type: 'test', settings: {}, delivery };
      const { max } = delivery.backlog;
      const most = () => (max !== undefined && 'bytes' in max ? max : {});
      return [name, openLane({ ...common, most, output: openOutput({ ...common, settings, output: deliver(name) }) })];
    }),
  );
  const bodies = createBodies(access);
  const fanOut = createFanOut({ targets: lanes, logger });
  const run = (id: string, to: Record<string, readonly Callback[]>, again = false) =>
    fanOut({ id, again }, new Map(Object.entries(to)));
  onTestFinished(async () => {
    await Promise.all([...lanes.values()].map((lane) => lane.close(5000)));
    redis.disconnect();
  });
  return { access, logger, ledger, down, lanes, bodies, fanOut, run, arrived, ended, ...lookInto(access) };
}

function createDestinations() {
  const got = new Map<string, string[]>(NAMES.map((name) => [name, []]));
  const down = new Set<string>();
  return {
    down,
    arrived: (name: string) => (got.get(name) ?? []).toSorted(),
    deliver: (name: string) => ({
      name,
      async deliver({ callback }: Delivery): Promise<DeliveryResult> {
        if (down.has(name)) return DOWN;
        got.get(name)?.push(callback.id);
        return { outcome: 'delivered' };
      },
    }),
  };
}

function lookInto(access: { redis: Redis; prefix: string }) {
  const { redis, prefix } = access;
  const queues = new Map(NAMES.map((name) => [name as string, new Queue(`output.${name}`, { connection: redis, prefix })]));
  onTestFinished(async () => void (await Promise.all([...queues.values()].map((queue) => queue.close()))));
  const keys = async (name: string) => (await redis.keys(`${prefix}:${name}:*`)).map((key) => key.slice(prefix.length + 1));
  return {
    keys,
    queue: (name: string): Queue => {
      const made = queues.get(name);
      if (!made) throw new Error(`no queue for ${name}`);
      return made;
    },
    /** No stored bodies are left. */
    settled: () =>
      vi.waitFor(async () => {
        expect([await keys('bodies'), await keys('held'), [...(await readBacklog(access)).keys()]]).toEqual([[], [], []]);
      }, DEADLINE),
  };
}
