import { until } from '@ringback/testkit/bare';
import { Redis } from 'ioredis';
import type { Scenario } from '../scenario.ts';
import { PREFIX } from '../settings.ts';
import type { World } from '../world.ts';

/** Redis memory per callback: 48 MB for 30,000. */
const BYTES_EACH = 1550;
const CALLBACKS = { full: 30_000, short: 2000 } as const;
/** Connections, buffers and scripts: a third of the memory in the short form. */
const FIXED_BYTES = { full: 0, short: 1024 * 1024 } as const;
const WITHIN_MS = 150_000;
/** Connections, BullMQ's keys, and tables that grew. */
const SLACK_BYTES = 2 * 1024 * 1024;

const usedBefore = new WeakMap<World, number>();

export const deadOutputSmallRedis: Scenario = {
  name: 'dead-output-small-redis',
  breaks:
    'two of three outputs are dead, while more callbacks come than Redis could hold with a copy for each output; then they are back',
  loss: 'zero',
  settlesWithinMs: 240_000,
  setup: {
    outputs: ({ url }) => ['crm', 'dead-1', 'dead-2'].map((name) => ({ name, url: `${url}/${name}` })),
    pace: { senders: 32, pauseMs: { min: 0, max: 2 } },
  },
  async break(world) {
    const { redis, size, answer, deliveries } = world;
    const wanted = CALLBACKS[size];
    for (const output of ['dead-1', 'dead-2']) answer(output, () => 500);
    await withRedis(redis.url, async (client) => {
      const used = await usedMemory(client);
      usedBefore.set(world, used);
      await client.config('SET', 'maxmemory', String(used + FIXED_BYTES[size] + wanted * BYTES_EACH));
      // Other outputs get what was acked.
      await until(() => deliveries.arrivedAt('crm') >= wanted, {
        withinMs: WITHIN_MS,
        what: () => `${wanted} deliveries to the output that is well (there are ${deliveries.arrivedAt('crm')})`,
      });
    });
    for (const output of ['dead-1', 'dead-2']) answer(output, () => 200);
  },
  async check({ sent, refused, duplicates, deadLetters }, world) {
    const problems = [
      ...(refused > sent / 100 ? [`${refused} of ${sent} callbacks were refused because outputs were dead`] : []),
      ...(duplicates > 0 ? [`${duplicates} deliveries arrived twice`] : []),
      ...(deadLetters > 0 ? [`${deadLetters} deliveries are dead letters`] : []),
    ];
    return [...problems, ...(await withRedis(world.redis.url, (client) => leftBehind(client, usedBefore.get(world) ?? 0)))];
  },
};

/** Keys of waiting deliveries, and memory without the ledger, which stays for the dedupe window. */
async function leftBehind(client: Redis, before: number): Promise<string[]> {
  const waits = async () => (await keysLike(client, 'bodies:*')).length + (await keysLike(client, 'held:*')).length;
  await until(async () => (await waits()) === 0, { withinMs: 20_000, what: () => 'bodies to go' }).catch(() => {});
  const left = await waits();
  const counts = Object.keys(await client.hgetall(`${PREFIX}:backlog`));
  for (const keys = await keysLike(client, 'ledger:*'); keys.length > 0;) await client.unlink(...keys.splice(0, 1000));
  const roomy = async () => (await usedMemory(client)) <= before + SLACK_BYTES;
  await until(roomy, { withinMs: 20_000, what: () => 'the memory to be free' }).catch(() => {});
  const more = (await usedMemory(client)) - before;
  return [
    ...(left > 0 ? [`${left} keys of bodies or of held deliveries are left`] : []),
    ...(counts.length > 0 ? [`the backlog still counts ${counts.join(', ')}`] : []),
    ...(more > SLACK_BYTES ? [`Redis uses ${more} bytes more than before, the ledger aside`] : []),
  ];
}

async function keysLike(client: Redis, pattern: string): Promise<string[]> {
  return client.keys(`${PREFIX}:${pattern}`);
}

async function usedMemory(client: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]);
}

async function withRedis<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}
