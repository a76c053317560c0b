import { type Callback, callbackKey, RingbackError } from '@ringback/contracts';
import { testCallback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { createBodies } from './bodies/bodies.ts';
import { moveDeliveries } from './move.ts';
import { createDeliveryProducer } from './producer.ts';
import { deliveryWork } from './work.ts';

const delivery = { retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 60_000, maxDelay: 60_000 } };
const ALL = ['a', 'b', 'c', 'd', 'e'].map((id) => testCallback(id));
const [a, b, c, d, e] = ALL as [Callback, Callback, Callback, Callback, Callback];
const nameOf = new Map(ALL.map((one) => [callbackKey(one), one.id]));

/** One shard. Two of them share a server here, and no key. */
function createShard() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const access = { redis, prefix };
  const queue = new Queue('output.crm', { connection: redis, prefix });
  const producer = createDeliveryProducer({ ...access, output: 'crm', delivery, nearlyFull: () => false });
  onTestFinished(async () => {
    await Promise.all([queue.close(), producer.close()]);
    redis.disconnect();
  });
  const bodies = createBodies(access);
  const delivered = new Set<string>();
  const outcomes = async (_: unknown, keys: readonly string[]) =>
    keys.map((key) => (delivered.has(nameOf.get(key) ?? '') ? 'delivered' : undefined));
  async function standing() {
    const idsIn = async (state: 'waiting' | 'delayed') =>
      (await queue.getJobs([state])).flatMap(({ data }) =>
        [...(deliveryWork(data)?.keys ?? [])].map((key) => nameOf.get(key) ?? key),
      );
    const shares = await Promise.all((await bodies.held('crm')).map((id) => bodies.read(id, 'crm')));
    const held = shares.flatMap((share) => share?.callbacks.map(({ id }) => id) ?? []);
    return { waiting: (await idsIn('waiting')).toSorted(), delayed: await idsIn('delayed'), held: held.toSorted() };
  }
  return { place: { ...access, outcomes }, producer, bodies, delivered, standing };
}

function setUp() {
  const [from, into] = [createShard(), createShard()];
  const move = (nearlyFull = () => false, confirm = async () => {}) =>
    moveDeliveries({ ...from.place, from: 'crm', to: { name: 'crm', delivery }, into: { ...into.place, confirm }, nearlyFull });
  return { from, into, move };
}

const hold = ({ bodies }: ReturnType<typeof createShard>, id: string, callbacks: readonly Callback[]) =>
  bodies.store({
    id,
    batch: id,
    again: false,
    compact: true,
    shares: [
      {
        output: 'crm',
        callbacks,
        state: 'held',
        beyond: 'held',
      },
    ],
  });

const dead = { spent: { attempts: 1, uncounted: 0 }, outcome: 'dead', reason: 'HTTP 410', fault: 'theirs' } as const;

it('all that an output holds on one shard goes to the same output on another one, and nothing stays behind', async () => {
  const { from, into, move } = setUp();
  await from.producer.addFailed({
    batch: 'b1',
    callback: a,
    spent: { attempts: 1, uncounted: 0 },
    outcome: 'retry',
    waitMs: 60_000,
  });
  await from.producer.addFailed({ batch: 'b2', callback: b, ...dead });
  await from.producer.addBatch({ id: 'b3', callbacks: [c], again: false });
  await hold(from, 'b4', [d, e]);
  expect(await move()).toEqual({ moved: 5, ended: 0, left: 0 });
  const there = { waiting: ['b'], delayed: ['a'], held: ['c', 'd', 'e'] };
  expect([await from.standing(), await into.standing()]).toEqual([{ waiting: [], delayed: [], held: [] }, there]);
  expect(await from.place.redis.keys(`${from.place.prefix}:bodies:*`)).toEqual([]);
  expect(await move()).toEqual({ moved: 0, ended: 0, left: 0 });
  expect(await into.standing()).toEqual(there);
});

it('what stands there already, or was delivered at either shard, is not moved a second time', async () => {
  const { from, into, move } = setUp();
  for (const shard of [from, into]) await hold(shard, 'b1', [a, b]);
  await hold(from, 'b2', [c, d, e]);
  from.delivered.add('c');
  into.delivered.add('d');
  expect(await move()).toMatchObject({ ended: 2, left: 0 });
  expect(await into.standing()).toEqual({ waiting: [], delayed: [], held: ['a', 'b', 'e'] });
  expect(await from.standing()).toEqual({ waiting: [], delayed: [], held: [] });
});

it('stops if the Redis of the other shard is nearly full, and goes on in a later run', async () => {
  const { from, into, move } = setUp();
  await hold(from, 'b1', [a]);
  await expect(move(() => true)).rejects.toMatchObject({ code: 'RB_OVERLOADED' });
  expect(await from.standing()).toMatchObject({ held: ['a'] });
  expect(await move()).toMatchObject({ moved: 1 });
  expect(await into.standing()).toMatchObject({ held: ['a'] });
});

it('removes nothing before the other shard has confirmed it', async () => {
  const { from, into, move } = setUp();
  await hold(from, 'b1', [a]);
  await from.producer.addBatch({ id: 'b2', callbacks: [b], again: false });
  const refuse = async () => {
    throw new RingbackError('RB_DURABILITY_UNMET', 'no replica has it');
  };
  await expect(move(undefined, refuse)).rejects.toMatchObject({ code: 'RB_DURABILITY_UNMET' });
  expect(await from.standing()).toMatchObject({ waiting: ['b'], held: ['a'] });
  expect(await into.standing()).toMatchObject({ held: ['b'] });
  expect(await move()).toMatchObject({ left: 0 });
  expect(await from.standing()).toEqual({ waiting: [], delayed: [], held: [] });
  expect(await into.standing()).toMatchObject({ held: ['a', 'b'] });
});
