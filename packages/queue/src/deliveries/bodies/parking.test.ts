import { callbackKey } from '@ringback/contracts';
import { testCallback, testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readBacklog } from './backlog.ts';
import { createBodies, type Share } from './bodies.ts';
import { createParking, type MarkedShare } from './parking.ts';

const [x, y] = [testCallback('x'), testCallback('y')];

function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  onTestFinished(() => redis.disconnect());
  const access = { redis, prefix };
  const bodies = createBodies(access);
  const parking = createParking({ ...access, window: 60_000 });
  const hold = async (id: string) => {
    const share = { output: 'crm', callbacks: [x, y], state: 'held', beyond: 'held' } as const;
    const [answer] = await bodies.store({ id, batch: id, again: true, compact: true, shares: [share] });
    return answer?.state;
  };
  const park = async (id: string) => {
    const marked = await parking.mark(id, 'crm');
    return marked && (await parking.park(marked));
  };
  const outcomes = (batch: string) => redis.hgetall(`${prefix}:ledger:${batch}.crm`);
  return { ...access, access, bodies, parking, hold, park, outcomes };
}

const group = (batch: string, round = 1) => ({
  output: 'crm',
  batch,
  from: batch,
  deliveries: [x, y].map((callback) => ({ callback, round })),
});

describe('held deliveries', () => {
  it('leave Redis when they are parked, and are held again when they return', async () => {
    const { access, bodies, parking, hold, park, outcomes, redis, prefix } = setUp();
    for (const id of ['b1', 'b2', 'b3']) await hold(id);
    expect(await parking.newest('crm', 9)).toEqual(['b3', 'b2']);
    expect(await park('b2')).toEqual([x, y]);
    expect(await bodies.held('crm')).toEqual(['b1', 'b3']);
    expect((await readBacklog(access)).get('crm')).toMatchObject({ deliveries: 4, held: 4 });
    expect(await outcomes('b2')).toEqual({ [callbackKey(x)]: 'parked', [callbackKey(y)]: 'parked' });
    // A batch that runs again knows that they are parked.
    expect(await hold('b2')).toBe('over');

    expect(await parking.areSettled(group('b2'))).toEqual([false, false]);
    expect(await parking.bringBack(group('b2'))).toEqual(['returned', 'returned']);
    expect(await parking.areSettled(group('b2'))).toEqual([true, true]);
    const [, , id = ''] = await bodies.held('crm');
    expect(await bodies.read(id, 'crm')).toEqual({ batch: 'b2', callbacks: [x, y], again: true });
    expect((await readBacklog(access)).get('crm')).toMatchObject({ deliveries: 6, held: 6 });
    for (const held of await bodies.held('crm')) await bodies.release(held, 'crm');
    expect(await redis.keys(`${prefix}:*`)).toEqual([`${prefix}:ledger:b2.crm`]);
  });

  it('return once, whoever brings them back and however often', async () => {
    const { bodies, parking, hold, park } = setUp();
    await hold('b1');
    await park('b1');
    expect(await parking.bringBack(group('b1'))).toEqual(['returned', 'returned']);
    expect(await parking.bringBack(group('b1'))).toEqual(['settled', 'settled']);
    // Another process has taken one of them alone from the store.
    const alone = { ...group('b1'), deliveries: [{ callback: y, round: 1 }] };
    expect(await parking.bringBack(alone)).toEqual(['settled']);
    expect(await bodies.held('crm')).toHaveLength(1);
  });

  it('return when the ledger has forgotten them, and once', async () => {
    const { bodies, parking, hold, park, redis, prefix } = setUp();
    await hold('b1');
    await park('b1');
    await redis.del(`${prefix}:ledger:b1.crm`);
    expect(await parking.bringBack(group('b1'))).toEqual(['returned', 'returned']);
    await redis.del(`${prefix}:ledger:b1.crm`);
    expect(await parking.bringBack(group('b1'))).toEqual(['returned', 'returned']);
    expect(await bodies.held('crm')).toHaveLength(1);
  });

  it('are not brought back while they still stand where they were parked from, and are not parked after that', async () => {
    const { bodies, parking, hold, park } = setUp();
    await hold('b1');
    const marked = await parking.mark('b1', 'crm');
    expect(await parking.bringBack(group('b1'))).toEqual(['here', 'here']);
    expect(await parking.park(marked as MarkedShare)).toBeUndefined();
    expect(await bodies.held('crm')).toEqual(['b1']);
    expect(await park('b1')).toEqual([x, y]);
  });

  it('are not parked once a job names them, or by two at once', async () => {
    const { bodies, parking, hold, redis, prefix } = setUp();
    await hold('b1');
    const marked = await parking.mark('b1', 'crm');
    expect(await parking.mark('b1', 'crm')).toBeUndefined();
    const job = `${prefix}:output.crm:b1.ref.crm`;
    await redis.hset(job, 'name', 'reference');
    expect(await parking.park(marked as MarkedShare)).toBeUndefined();
    await bodies.fed('b1', 'crm');
    await redis.del(job);
    expect(await parking.park(marked as MarkedShare)).toBeUndefined();
    expect(await bodies.read('b1', 'crm')).toBeDefined();
  });

  it('return under an id of their own after they were parked anew, while an earlier job may be ending', async () => {
    const { bodies, parking, hold, park, redis, prefix } = setUp();
    await hold('b1');
    await park('b1');
    await parking.bringBack(group('b1', 1));
    const [first = ''] = await bodies.held('crm');
    await redis.hset(`${prefix}:output.crm:${first}.ref.crm`, 'name', 'reference');
    await bodies.release(first, 'crm');
    await redis.hset(`${prefix}:ledger:b1.crm`, callbackKey(x), 'parked');
    expect(await parking.bringBack(group('b1', 1))).toEqual(['elsewhere', 'settled']);
    expect(await parking.bringBack(group('b1', 2))).toEqual(['returned', 'settled']);
    const [second = ''] = await bodies.held('crm');
    expect((await bodies.read(second, 'crm'))?.callbacks).toEqual([x]);
  });
});

describe('an output that may hold a number of deliveries', () => {
  it('has what is beyond it dealt with by its rule', async () => {
    const { bodies } = setUp();
    const store = async (id: string, beyond: Share['beyond']) => {
      const share = { output: 'ops', callbacks: [x, y], state: 'held', most: { held: 4 }, beyond } as const;
      return (await bodies.store({ id, batch: id, again: false, compact: true, shares: [share] }))[0]?.state;
    };
    const states = [await store('b1', 'dropped'), await store('b2', 'dropped'), await store('b3', 'dropped')];
    expect(states).toEqual(['held', 'held', 'dropped']);
    expect([await store('b4', 'dead'), await store('b5', 'held')]).toEqual(['dead', 'held']);
    await bodies.release('b5', 'ops');
    await bodies.release('b1', 'ops');
    expect(await store('b6', 'dropped')).toBe('held');
  });
});
