import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RedisServerSpec } from '@ringback/redis-server';
import { createRespProxy, type RespProxy, runPrivateRedis } from '@ringback/testkit/bare';
import { Redis } from 'ioredis';
import { type AppSlot, createAppSlot } from '../app-slot.ts';
import { settingsFile } from '../settings.ts';
import { createDestination, type Destination } from './destination.ts';
import { OUTPUTS } from './messages.ts';

export const VICTIMS = ['ingress', 'worker'] as const;
export type Victim = (typeof VICTIMS)[number];

/** A small Ringback with its own Redis. Each process has its own proxy to Redis. */
export type Stage = {
  /** Without a proxy. */
  readonly redis: Redis;
  readonly proxies: Readonly<Record<Victim, RespProxy>>;
  readonly slots: Readonly<Record<Victim, AppSlot>>;
  /** Replaces a stopped worker. Without a proxy; down until started. */
  readonly relief: AppSlot;
  readonly destination: Destination;
  close(): Promise<void>;
};

export async function createStage(spec: RedisServerSpec): Promise<Stage> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer().catch(() => {});
  };
  try {
    return { ...(await build(spec, (closer) => void closers.push(closer))), close };
  } catch (error) {
    await close();
    throw error;
  }
}

type OnClose = (closer: () => Promise<unknown>) => void;

async function build(spec: RedisServerSpec, onClose: OnClose): Promise<Omit<Stage, 'close'>> {
  const server = await runPrivateRedis(spec);
  onClose(() => server.remove());
  const redis = new Redis(server.url);
  onClose(async () => redis.disconnect());
  const destination = await createDestination();
  onClose(() => destination.close());
  const folder = await mkdtemp(join(tmpdir(), 'ringback-crash-points-'));
  onClose(() => rm(folder, { recursive: true, force: true }));
  const config = join(folder, 'ringback.yaml');
  // A timeout on a busy machine would repeat an attempt that was taken.
  const outputs = OUTPUTS.map((name) => ({ name, url: `${destination.url}/${name}`, timeout: '60s' }));
  await writeFile(config, settingsFile({ outputs, ingress: { spool: { path: join(folder, '${SLOT}.sqlite') } } }));

  const proxies = { ingress: await createRespProxy(server), worker: await createRespProxy(server) };
  const slot = (app: Victim, number: number, port: number) => {
    const env = { RINGBACK_CONFIG: config, REDIS_URL: `redis://127.0.0.1:${port}` };
    const created = createAppSlot({ app, number, env });
    onClose(created.close);
    return created;
  };
  for (const proxy of Object.values(proxies)) onClose(() => proxy.close());
  const slots = { ingress: slot('ingress', 1, proxies.ingress.port), worker: slot('worker', 1, proxies.worker.port) };
  await Promise.all([slots.ingress.start(), slots.worker.start()]);
  return { redis, proxies, slots, relief: slot('worker', 2, server.port), destination };
}
