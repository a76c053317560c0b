import { createSecret, groupCallbacks } from '@ringback/contracts';
import { startRedisServer, testCallback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { noteOutputs } from '../deliveries/known-outputs.ts';
import { announce } from './announce.ts';
import { runningProcesses } from './registry.ts';
import { settingsDifference } from './settings-difference.ts';

const DEADLINE = { timeout: 30_000, interval: 50 };

function connect(url: string): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  redis.on('error', () => {});
  onTestFinished(() => redis.disconnect());
  return redis;
}

function start({
  url,
  prefix,
  parts = {},
  version = '1.0.0',
  app = 'worker',
}: {
  url: string;
  prefix: string;
  parts?: Record<string, string>;
  version?: string;
  app?: 'ingress' | 'worker';
}) {
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const onSame = vi.fn();
  const announced = announce({ url: createSecret(url), prefix, app, version, settings: { parts: () => parts }, logger, onSame });
  onTestFinished(() => announced.close());
  const warnings = (code: string) => logger.warn.mock.calls.flatMap(([line]) => (line.code === code ? [line] : []));
  return { ...announced, logger, onSame, warnings };
}

describe('processes that run different settings', () => {
  it('say so, each once for each change, with what the newer add, remove and change; and when it is over', async () => {
    const { url, prefix } = testRedis();
    const redis = connect(url);
    const here = { url, prefix };
    const old = start({ ...here, parts: { 'output a': '1', 'output crm': '1' } });
    await vi.waitFor(async () => expect(await runningProcesses({ redis, prefix })).toHaveLength(1), DEADLINE);
    const other = start({ ...here, app: 'ingress', parts: { 'source x': '1' } });
    const next = start({ ...here, parts: { 'output b': '1', 'output crm': '2' }, version: '1.1.0' });
    const difference = { adds: ['output b'], removes: ['output a'], changes: ['output crm', 'version of Ringback'] };
    for (const { warnings } of [next, old]) {
      await vi.waitFor(() => expect(warnings('RB_SETTINGS_DIFFER')).toMatchObject([{ older: [difference] }]), DEADLINE);
    }
    const another = start({ ...here, parts: { 'output b': '1', 'output crm': '2' }, version: '1.1.0' });
    await vi.waitFor(() => expect(another.warnings('RB_SETTINGS_DIFFER')).toHaveLength(1), DEADLINE);
    await old.close();
    for (const { onSame } of [next, another]) await vi.waitFor(() => expect(onSame).toHaveBeenCalledOnce(), DEADLINE);
    for (const { warnings } of [next, another, old]) expect(warnings('RB_SETTINGS_DIFFER')).toHaveLength(1);
    expect([other.warnings('RB_SETTINGS_DIFFER'), other.logger.info.mock.calls]).toEqual([[], []]);
  }, 180_000);

  it('are known for as long as they run: one that stops is gone at once, one that is killed after a while', async () => {
    const { url, prefix } = testRedis();
    const redis = connect(url);
    const worker = start({ url, prefix });
    const [running] = await vi.waitFor(async () => {
      const all = await runningProcesses({ redis, prefix });
      expect(all).toMatchObject([{ app: 'worker', version: '1.0.0', pid: process.pid }]);
      return all;
    }, DEADLINE);
    expect(Math.abs((running?.startedAt ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(await redis.pttl(`${prefix}:process:${running?.id}`)).toBeGreaterThan(0);
    await worker.close();
    expect(await redis.keys(`${prefix}:*`)).toEqual([]);
    await redis.sadd(`${prefix}:processes`, 'killed');
    expect(await runningProcesses({ redis, prefix })).toEqual([]);
    expect(await redis.exists(`${prefix}:processes`)).toBe(0);
  });

  it('hold up nothing while Redis is away, a stop included', async () => {
    const server = await startRedisServer();
    const worker = start({ url: server.url, prefix: 'p' });
    const redis = connect(server.url);
    await vi.waitFor(async () => expect(await runningProcesses({ redis, prefix: 'p' })).toHaveLength(1), DEADLINE);
    server.pause();
    await worker.close();
    server.resume();
  });

  it('are the newest if the first of them came up last', () => {
    const running = (id: string, startedAt: number, parts: Record<string, string>) =>
      ({ id, app: 'worker', version: '1', host: id, pid: 1, startedAt, parts }) as const;
    const [a, b] = [{ x: '1' }, { x: '2' }];
    const processes = [running('old', 1, a), running('new', 2, b), running('old, restarted', 3, a)];
    expect(settingsDifference(processes)).toEqual({
      newest: ['new:1'],
      older: [{ processes: ['old:1', 'old, restarted:1'], adds: [], removes: [], changes: ['x'] }],
    });
    expect(settingsDifference(processes.slice(0, 1))).toBeUndefined();
    expect(settingsDifference([])).toBeUndefined();
  });
});

describe('what waits under another prefix', () => {
  async function fill(redis: Redis, prefix: string, { outputs = ['crm'] } = {}) {
    const queue = async (name: string) => {
      const made = new Queue(name, { connection: redis, prefix });
      onTestFinished(() => made.close());
      await made.add('batch', { v: 1, groups: groupCallbacks([testCallback('x')]) });
    };
    await queue('callbacks');
    await queue('quarantine');
    if (outputs.length > 0) await noteOutputs({ redis, prefix }, outputs);
    for (const output of outputs) await queue(`output.${output}`);
  }

  it('is said once, with counts, whether that prefix was noted or is from before prefixes were', async () => {
    const { url } = await startRedisServer();
    const redis = connect(url);
    await fill(redis, 'noted');
    await redis.sadd('ringback:prefixes', 'noted', 'empty');
    await fill(redis, 'from-before');
    // As an output holds what its queue cannot take.
    await redis.rpush('noted:held:crm', 'b1', 'b2');
    await fill(redis, 'ingress-only', { outputs: [] });
    // Not ours, though its queue has the same name.
    const stranger = new Queue('callbacks', { connection: redis, prefix: 'bull' });
    onTestFinished(() => stranger.close());
    await stranger.add('call-back-customer', { phone: 1 });
    const { warnings } = start({ url, prefix: 'mine' });
    const one = { callbacks: 1, deliveries: 1, deadLetters: 0, quarantined: 1 };
    const left = [
      { prefix: 'from-before', ...one },
      { prefix: 'ingress-only', ...one, deliveries: 0 },
      { prefix: 'noted', ...one, deliveries: 3 },
    ];
    await vi.waitFor(() => expect(warnings('RB_PREFIX_LEFT')).toMatchObject([{ prefix: 'mine', left, more: 0 }]), DEADLINE);
    expect(await redis.smembers('ringback:prefixes')).toEqual(expect.arrayContaining(['mine', 'noted', 'from-before']));
  });

  it('is not said while a worker serves it, nor of an empty one', async () => {
    const { url } = await startRedisServer();
    const redis = connect(url);
    await fill(redis, 'theirs');
    start({ url, prefix: 'theirs' });
    await vi.waitFor(async () => expect(await runningProcesses({ redis, prefix: 'theirs' })).toHaveLength(1), DEADLINE);
    const { logger } = start({ url, prefix: 'mine' });
    await vi.waitFor(async () => expect(await redis.sismember('ringback:prefixes', 'mine')).toBe(1), DEADLINE);
    await vi.waitFor(async () => expect(await runningProcesses({ redis, prefix: 'mine' })).toHaveLength(1), DEADLINE);
    expect(logger.warn).not.toHaveBeenCalled();
  });

  it('is found among very many keys without reading all of them at once', async () => {
    const { url } = await startRedisServer();
    const redis = connect(url);
    const pipeline = redis.pipeline();
    for (let n = 0; n < 30_000; n += 1) pipeline.set(`other:${n}`, '');
    await pipeline.exec();
    await fill(redis, 'old');
    const { warnings } = start({ url, prefix: 'mine' });
    await vi.waitFor(() => expect(warnings('RB_PREFIX_LEFT')).toMatchObject([{ left: [{ prefix: 'old' }] }]), DEADLINE);
  });
});
