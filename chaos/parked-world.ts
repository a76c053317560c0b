import { until } from '@ringback/testkit/bare';
import { Redis } from 'ioredis';
import { killsOf, recordKill } from './explained-repeats.ts';
import { PREFIX } from './settings.ts';
import type { World } from './world.ts';

/** Lines of workers, dead ones too, that the machine gave no time: they lost the lock of a job, or an answer came too late. */
const starvedOf = new WeakMap<World, number>();
const LOCK_LOST = ['could not renew', 'Missing lock for', 'Lock mismatch for', 'Missing key for'];
const RETURNS_WITHIN_MS = 60_000;

export async function killWorker(world: World, number: number): Promise<void> {
  const slot = world.workers[number % world.workers.length];
  if (slot === undefined) return;
  killsOf(world).push(await recordKill(world.redis.url, () => slot.kill()));
  noteStarved(world, slot);
  await slot.start();
}

export function noteStarved(world: World, slot: World['workers'][number]): void {
  const lines = slot.lines().filter(({ kind, reason }) => reason === 'timeout' || LOCK_LOST.some((known) => known === kind));
  starvedOf.set(world, timesStarved(world) + lines.length);
}

export const timesStarved = (world: World) => starvedOf.get(world) ?? 0;

/** What is still parked or counted, a line each, once nothing is or it takes too long. */
export async function leftBehind(world: World): Promise<string[]> {
  const parked = () => countParked(world);
  const waits = () => withRedis(world.redis.url, async (client) => Object.keys(await client.hgetall(`${PREFIX}:backlog`)));
  const isOver = async () => (await parked()) === 0 && (await waits()).length === 0;
  await until(isOver, { withinMs: RETURNS_WITHIN_MS, what: () => 'all to return' }).catch(() => {});
  const [left, counts] = [await parked(), await waits()];
  return [
    ...(left > 0 ? [`${left} deliveries are still parked`] : []),
    ...(counts.length > 0 ? [`the backlog still counts ${counts.join(', ')}`] : []),
  ];
}

export async function countParked({ history }: World): Promise<number> {
  const store = await history?.open();
  try {
    const counts = (await store?.rest.counts()) ?? [];
    return counts.reduce((sum, { kind, count }) => sum + (kind === 'parked' ? count : 0), 0);
  } finally {
    await store?.close();
  }
}

export async function withRedis<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}
