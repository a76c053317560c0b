import { testCallback, testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { createBodies } from './bodies/bodies.ts';
import { moveDeliveries } from './move.ts';
import type { MovedDeliveries } from './move-portion.ts';
import { createDeliveryProducer } from './producer.ts';
import { standingDeliveries } from './standing-deliveries.ts';

const delivery = { retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 60_000, maxDelay: 60_000 } };
const [queued, alone, held, ...many] = ['queued', 'alone', 'held', ...Array.from({ length: 120 }, (_, i) => `many-${i}`)];
const IDS = ['queued', 'alone', 'held', ...many].toSorted();

/** A removed output with deliveries in a job, alone and held: more than one portion. */
async function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  onTestFinished(() => redis.disconnect());
  const place = { redis, prefix, outcomes: async (_: unknown, keys: readonly string[]) => keys.map(() => undefined) };
  const old = createDeliveryProducer({ redis, prefix, output: 'old', delivery, nearlyFull: () => false });
  onTestFinished(() => old.close());
  await old.addBatch({ id: 'b1', callbacks: [testCallback(queued ?? '')], again: false });
  await old.addAlone(
    'b2',
    [alone ?? '', ...many].map((id) => testCallback(id)),
  );
  const share = { output: 'old', callbacks: [testCallback(held ?? '')], state: 'held', beyond: 'held' } as const;
  await createBodies(place).store({ id: 'b3', batch: 'b3', again: false, compact: true, shares: [share] });
  const standing = async (output: string) => {
    const found: string[] = [];
    for await (const some of standingDeliveries(place, output)) found.push(...some.map(({ id }) => id));
    return found.toSorted();
  };
  const move = (onMoved: (portion: readonly MovedDeliveries[]) => Promise<void>, nearlyFull = () => false) =>
    moveDeliveries({ ...place, from: 'old', to: { name: 'crm', delivery }, nearlyFull, onMoved });
  return { standing, move };
}

const idsOf = (portion: readonly MovedDeliveries[]) => portion.flatMap(({ moved }) => moved.map(({ id }) => id));

it('says what moves while both outputs have it, some at a time, and after each cut says it again', async () => {
  const { standing, move } = await setUp();
  const portions: number[] = [];
  const told = new Set<string>();
  // Each run ends as it would say the n-th portion. What it removed was said before.
  for (let nth = 1; nth <= 3; nth += 1) {
    let calls = 0;
    const onMoved = async (portion: readonly MovedDeliveries[]) => {
      calls += 1;
      const ids = idsOf(portion);
      expect(await standing('old')).toEqual(expect.arrayContaining(ids));
      expect(await standing('crm')).toEqual(expect.arrayContaining(ids));
      if (calls === nth) throw new Error('cut off');
      portions.push(ids.length);
      for (const id of ids) told.add(id);
    };
    await move(onMoved).catch(() => {});
    expect([...new Set([...(await standing('old')), ...told])].toSorted()).toEqual(IDS);
  }
  const rest: string[] = [];
  await move(async (portion) => void rest.push(...idsOf(portion)));
  expect([...new Set([...told, ...rest])].toSorted()).toEqual(IDS);
  expect(await standing('crm')).toEqual(IDS);
  expect(await standing('old')).toEqual([]);
  expect(portions.length).toBeLessThan(5);
});

it('if Redis is nearly full in the middle of a portion, what was added does not stand there twice', async () => {
  const { standing, move } = await setUp();
  let looks = 0;
  const told: string[] = [];
  const onMoved = async (portion: readonly MovedDeliveries[]) => void told.push(...idsOf(portion));
  await expect(move(onMoved, () => (looks += 1) > 10)).rejects.toMatchObject({ code: 'RB_OVERLOADED' });
  const there = await standing('crm');
  expect(there.length).toBeGreaterThan(5);
  expect(told.toSorted()).toEqual(there);
  expect([...(await standing('old')), ...there].toSorted()).toEqual(IDS);
});
