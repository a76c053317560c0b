import type { HistoryStore } from '@ringback/history';
import type { RedisServerSpec } from '@ringback/redis-server';
import { createRespProxy, type RespProxy } from '@ringback/testkit/bare';
import { Redis } from 'ioredis';
import { type AppSlot, createAppSlot } from '../app-slot.ts';
import type { Random } from '../random.ts';
import { createWorld, type World } from '../world.ts';

/** `crm` dies and comes back, `ops` is well, and `sour` refuses all. What no route matches has the status of `UNROUTED`. */
export const STATUS = { usual: 1, sour: 2, unrouted: 3 } as const;

/** A small Ringback with a history. Its only worker has a proxy to Redis. */
export type Stage = {
  readonly world: World;
  readonly redis: Redis;
  readonly store: HistoryStore;
  readonly proxy: RespProxy;
  readonly worker: AppSlot;
  close(): Promise<void>;
};

/** What `crm` may hold. */
const HELD = 4;

const SETUP = {
  history: true,
  workers: 0,
  outputs: ({ url }: { readonly url: string }) => [
    { name: 'crm', url: `${url}/crm`, backlog: { maxCount: HELD }, timeout: '60s', breaker: { failures: 1, cooldown: '300ms' } },
    { name: 'ops', url: `${url}/ops`, timeout: '60s' },
    { name: 'sour', url: `${url}/sour`, timeout: '60s' },
  ],
  routes: [
    { when: `data.taskStatus != ${STATUS.unrouted}`, to: ['crm', 'ops'] },
    { when: `data.taskStatus == ${STATUS.sour}`, to: ['sour'] },
  ],
};

export async function createStage(spec: RedisServerSpec, random: Random): Promise<Stage> {
  const world = await createWorld({ setup: SETUP, spec, random, size: 'short' });
  const closers: (() => Promise<unknown>)[] = [world.close];
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer().catch(() => {});
  };
  try {
    const redis = new Redis(world.redis.url);
    closers.push(async () => redis.disconnect());
    const proxy = await createRespProxy(world.redis);
    closers.push(() => proxy.close());
    const env = { RINGBACK_CONFIG: world.settingsPath, REDIS_URL: `redis://127.0.0.1:${proxy.port}` };
    const worker = createAppSlot({ app: 'worker', number: 1, env });
    closers.push(worker.close);
    await worker.start();
    const store = await world.history?.open();
    if (store === undefined) throw new Error('the settings have no history');
    closers.push(() => store.close());
    world.answer('sour', () => 400);
    return { world, redis, store, proxy, worker, close };
  } catch (error) {
    await close();
    throw error;
  }
}
