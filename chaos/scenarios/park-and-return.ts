import { openHistory } from '@ringback/history';
import { until } from '@ringback/testkit/bare';
import { Redis } from 'ioredis';
import { isExplained, type Kill, recordKill } from '../explained-repeats.ts';
import type { Scenario } from '../scenario.ts';
import { historyPlace, PREFIX } from '../settings.ts';
import type { World } from '../world.ts';

/** What the dead output may hold in Redis. */
const HELD = 100;
const CALLBACKS = { full: 8000, short: 600 } as const;
const KILLS = { full: 4, short: 1 } as const;
const MEMORY_BYTES = 64 * 1024 * 1024;
const WITHIN_MS = 300_000;
const RETURNS_WITHIN_MS = 60_000;

/** Parked deliveries at the end of the outage. */
const parkedAt = new WeakMap<World, number>();
const killsOf = new WeakMap<World, Kill[]>();
/** Lines of workers, dead ones too, that the machine gave no time: they lost the lock of a job, or an answer came too late. */
const starvedOf = new WeakMap<World, number>();
const LOCK_LOST = ['could not renew', 'Missing lock for', 'Lock mismatch for', 'Missing key for'];

export const parkAndReturn: Scenario = {
  name: 'park-and-return',
  breaks:
    'one of two outputs is dead for long while callbacks come to a small Redis, and what waits for it goes to the history; workers are killed while they park, and while they bring it back',
  loss: 'zero',
  settlesWithinMs: 240_000,
  breaksWithinMs: 600_000,
  setup: {
    history: true,
    workers: 2,
    outputs: ({ url }) => [
      { name: 'crm', url: `${url}/crm` },
      { name: 'away', url: `${url}/away`, backlog: { maxCount: HELD } },
    ],
    pace: { senders: 32, pauseMs: { min: 0, max: 2 } },
  },
  async break(world) {
    const { redis, size, answer, deliveries } = world;
    await withRedis(redis.url, (client) => client.config('SET', 'maxmemory', String(MEMORY_BYTES)));
    answer('away', () => 500);
    for (let kills = 1; kills <= KILLS[size]; kills += 1) {
      const wanted = (CALLBACKS[size] * kills) / KILLS[size];
      const what = () => `${wanted} deliveries to the output that is well (there are ${deliveries.arrivedAt('crm')})`;
      await until(() => deliveries.arrivedAt('crm') >= wanted, { withinMs: WITHIN_MS, what });
      await killOne(world, kills);
    }
    const most = CALLBACKS[size] / 2;
    await until(async () => (await countParked(world)) >= most, { withinMs: WITHIN_MS, what: () => 'deliveries to be parked' });
    parkedAt.set(world, await countParked(world));
    answer('away', () => 200);
    for (let kills = 1; kills <= KILLS[size]; kills += 1) {
      await world.moment(2000);
      await killOne(world, kills);
    }
  },
  notes: ({ duplicates }, world) => [
    `${parkedAt.get(world) ?? 0} deliveries were parked at the end of the outage`,
    `${duplicates} deliveries arrived twice, ${duplicates - unexplained(world)} of them without a record when a worker was killed`,
    `${starvedOf.get(world) ?? 0} times a worker lost a lock or gave an answer up`,
  ],
  async check({ refusals, deadLetters }, world) {
    const refused = refusals['RB_OVERLOADED'] ?? 0;
    for (const slot of world.workers) noteStarved(world, slot);
    return [
      ...(refused > 0 ? [`${refused} callbacks were refused because an output was dead`] : []),
      ...(deadLetters > 0 ? [`${deadLetters} deliveries are dead letters`] : []),
      ...(await leftBehind(world)),
    ];
  },
};

async function killOne(world: World, number: number): Promise<void> {
  const slot = world.workers[number % world.workers.length];
  if (slot === undefined) return;
  const kill = await recordKill(world.redis.url, () => slot.kill());
  killsOf.set(world, [...(killsOf.get(world) ?? []), kill]);
  noteStarved(world, slot);
  await slot.start();
}

function unexplained(world: World): number {
  const kills = killsOf.get(world) ?? [];
  return world.deliveries.repeats().filter((repeat) => !isExplained(repeat, kills)).length;
}

function noteStarved(world: World, slot: World['workers'][number]): void {
  const lines = slot.lines().filter(({ kind, reason }) => reason === 'timeout' || LOCK_LOST.some((known) => known === kind));
  starvedOf.set(world, (starvedOf.get(world) ?? 0) + lines.length);
}

async function leftBehind(world: World): Promise<string[]> {
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

async function countParked({ folder }: World): Promise<number> {
  const store = await openHistory(historyPlace(folder), { folder });
  try {
    return (await store.rest.counts()).reduce((sum, { kind, count }) => sum + (kind === 'parked' ? count : 0), 0);
  } finally {
    await store.close();
  }
}

async function withRedis<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}
