import { until } from '@ringback/testkit/bare';
import { unexplainedRepeats } from '../explained-repeats.ts';
import { countParked, timesStarved, killWorker, leftBehind, noteStarved, withRedis } from '../parked-world.ts';
import type { Scenario } from '../scenario.ts';
import type { Setup } from '../setup.ts';
import type { World } from '../world.ts';

/** What the dead output may hold in Redis. */
const HELD = 100;
const CALLBACKS = { full: 8000, short: 600 } as const;
const KILLS = { full: 4, short: 1 } as const;
const MEMORY_BYTES = 64 * 1024 * 1024;
const WITHIN_MS = 300_000;
/** Of a PostgreSQL that was killed. */
const AWAY_MS = 5000;

/** Parked deliveries at the end of the outage. */
const parkedAt = new WeakMap<World, number>();

const common = {
  loss: 'zero',
  settlesWithinMs: 240_000,
  breaksWithinMs: 600_000,
  notes: ({ duplicates }, world) => {
    const unexplained = unexplainedRepeats(world).length;
    return [
      `${parkedAt.get(world) ?? 0} deliveries were parked at the end of the outage`,
      `${duplicates} deliveries arrived twice, ${duplicates - unexplained} of them without a record when a worker was killed`,
      `${timesStarved(world)} times a worker lost a lock or gave an answer up`,
    ];
  },
  async check({ refusals, deadLetters }, world) {
    const refused = refusals['RB_OVERLOADED'] ?? 0;
    for (const slot of world.workers) noteStarved(world, slot);
    const unexplained = unexplainedRepeats(world).length;
    return [
      ...(refused > 0 ? [`${refused} callbacks were refused because an output was dead`] : []),
      ...(deadLetters > 0 ? [`${deadLetters} deliveries are dead letters`] : []),
      // A machine that gives a worker no time makes others, and its log has a line of it.
      ...(unexplained > 0 && timesStarved(world) === 0 ? [`${unexplained} deliveries arrived twice without a kill`] : []),
      ...(await leftBehind(world)),
    ];
  },
} satisfies Partial<Scenario>;

const setup = (history: true | 'postgres'): Setup => ({
  history,
  workers: 2,
  outputs: ({ url }) => [
    { name: 'crm', url: `${url}/crm` },
    { name: 'away', url: `${url}/away`, backlog: { maxCount: HELD } },
  ],
  pace: { senders: 32, pauseMs: { min: 0, max: 2 } },
});

export const parkAndReturn: Scenario = {
  ...common,
  name: 'park-and-return',
  breaks:
    'one of two outputs is dead for long while callbacks come to a small Redis, and what waits for it goes to the history; workers are killed while they park, and while they bring it back',
  setup: setup(true),
  async break(world) {
    const { redis, size, answer } = world;
    await withRedis(redis.url, (client) => client.config('SET', 'maxmemory', String(MEMORY_BYTES)));
    answer('away', () => 500);
    for (let kills = 1; kills <= KILLS[size]; kills += 1) {
      await arrived(world, (CALLBACKS[size] * kills) / KILLS[size]);
      await killWorker(world, kills);
    }
    await manyParked(world);
    answer('away', () => 200);
    for (let kills = 1; kills <= KILLS[size]; kills += 1) {
      await world.moment(2000);
      await killWorker(world, kills);
    }
  },
};

export const parkAndReturnPostgres: Scenario = {
  ...common,
  name: 'park-and-return-postgres',
  breaks:
    'the same with a history on PostgreSQL, whose server is killed (SIGKILL of all its processes) while deliveries are parked, and while they return',
  setup: setup('postgres'),
  async break(world) {
    const { redis, size, answer } = world;
    await withRedis(redis.url, (client) => client.config('SET', 'maxmemory', String(MEMORY_BYTES)));
    answer('away', () => 500);
    await arrived(world, CALLBACKS[size] / 2);
    await until(async () => (await countParked(world)) > 0, { withinMs: WITHIN_MS, what: () => 'deliveries to be parked' });
    await killPostgres(world);
    await arrived(world, CALLBACKS[size]);
    await manyParked(world);
    const most = await countParked(world);
    answer('away', () => 200);
    await until(async () => (await countParked(world)) < most, { withinMs: WITHIN_MS, what: () => 'deliveries to return' });
    await killPostgres(world);
  },
};

async function arrived({ deliveries }: World, wanted: number): Promise<void> {
  const what = () => `${wanted} deliveries to the output that is well (there are ${deliveries.arrivedAt('crm')})`;
  await until(() => deliveries.arrivedAt('crm') >= wanted, { withinMs: WITHIN_MS, what });
}

async function manyParked(world: World): Promise<void> {
  const most = CALLBACKS[world.size] / 2;
  await until(async () => (await countParked(world)) >= most, { withinMs: WITHIN_MS, what: () => 'deliveries to be parked' });
  parkedAt.set(world, await countParked(world));
}

async function killPostgres({ history, pass }: World): Promise<void> {
  await history?.postgres?.killHard();
  await pass(AWAY_MS);
  await history?.postgres?.start();
}
