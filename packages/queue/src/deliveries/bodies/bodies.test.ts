import { callbackKey } from '@ringback/contracts';
import { testCallback as callback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDropNoter, NO_BACKLOG, readBacklog, tellWhoFills } from './backlog.ts';
import { createBodies, type Share, type StoreRequest } from './bodies.ts';
import { forgetShares, sweepBodies } from './sweep.ts';

function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  onTestFinished(() => redis.disconnect());
  const access = { redis, prefix };
  const keys = async (name: string) => (await redis.keys(`${prefix}:${name}*`)).map((key) => key.slice(prefix.length + 1));
  return { ...access, access, bodies: createBodies(access), keys };
}

const [x, y, z] = ['x', 'y', 'z'].map((id) => callback(id, { body: JSON.stringify({ text: id.repeat(500) }) })) as [
  ReturnType<typeof callback>,
  ReturnType<typeof callback>,
  ReturnType<typeof callback>,
];
const share = (output: string, change: Partial<Share> = {}): Share => ({
  output,
  callbacks: [x, y, z],
  state: 'queued',
  beyond: 'held',
  ...change,
});
const request = (shares: readonly Share[], change: Partial<StoreRequest> = {}): StoreRequest => ({
  id: 'b1',
  batch: 'b1',
  again: false,
  compact: false,
  shares,
  ...change,
});

describe('bodies', () => {
  it('stand in Redis once, and each output reads its own', async () => {
    const { bodies, keys } = setUp();
    const shares = [share('crm'), share('ops', { callbacks: [z, x], state: 'held' })];
    expect(await bodies.store(request(shares))).toEqual([
      { state: 'queued', there: false },
      { state: 'held', there: false },
    ]);
    expect(await keys('bodies')).toEqual(['bodies:b1']);
    expect(await bodies.read('b1', 'crm')).toEqual({ batch: 'b1', callbacks: [x, y, z], again: false });
    expect(await bodies.read('b1', 'ops')).toEqual({ batch: 'b1', callbacks: [z, x], again: false });
    expect(await bodies.read('b1', 'other')).toBeUndefined();
  });

  it('read the same when they were made to take little room', async () => {
    const { bodies, access } = setUp();
    await bodies.store(request([share('crm')], { compact: true, again: true }));
    expect(await bodies.read('b1', 'crm')).toEqual({ batch: 'b1', callbacks: [x, y, z], again: true });
    expect((await readBacklog(access)).get('crm')?.bytes).toBeLessThan(500);
  });

  it('go with the last output that needs them, whatever is done twice, and leave no key', async () => {
    const { bodies, access, keys } = setUp();
    await bodies.store(request([share('crm'), share('ops', { state: 'held' })]));
    expect(await bodies.held('ops')).toEqual(['b1']);
    expect([await bodies.release('b1', 'crm'), await bodies.release('b1', 'crm')]).toEqual([true, false]);
    expect(await bodies.read('b1', 'ops')).toBeDefined();
    expect([...(await readBacklog(access)).keys()]).toEqual(['ops']);
    expect([await bodies.release('b1', 'ops'), await bodies.release('b1', 'ops')]).toEqual([true, false]);
    expect(await keys('')).toEqual([]);
  });

  it('are not stored a second time, and other bodies never come under their id', async () => {
    const { bodies, access } = setUp();
    const shares = [share('crm'), share('ops', { state: 'held' })];
    await bodies.store(request(shares));
    const counted = await readBacklog(access);
    expect((await bodies.store(request(shares, { again: true }))).map(({ there }) => there)).toEqual([true, true]);
    expect(await readBacklog(access)).toEqual(counted);
    expect(await bodies.held('ops')).toEqual(['b1']);
    const other = [share('crm', { callbacks: [x] }), share('log', { callbacks: [x] })];
    expect((await bodies.store(request(other))).map(({ state }) => state)).toEqual(['queued', 'elsewhere']);
    expect(await bodies.read('b1', 'log')).toBeUndefined();
  });

  it('are not stored again for an output that has an outcome of each, while the job of the earlier run may still stand', async () => {
    const { bodies, access, redis, prefix, keys } = setUp();
    const shares = [share('crm'), share('ops', { callbacks: [x, y] })];
    await bodies.store(request(shares));
    await redis.hset(`${prefix}:ledger:b1.crm`, ...[x, y, z].flatMap((one) => [callbackKey(one), 'delivered']));
    await redis.hset(`${prefix}:ledger:b1.ops`, callbackKey(x), 'delivered');
    await bodies.release('b1', 'crm');
    await bodies.release('b1', 'ops');
    expect(await bodies.store(request(shares, { again: true }))).toEqual([
      { state: 'over', there: false },
      { state: 'queued', there: false },
    ]);
    expect([...(await readBacklog(access)).keys()]).toEqual(['ops']);
    await bodies.release('b1', 'ops');
    expect([await keys('bodies'), await keys('backlog')]).toEqual([[], []]);
  });

  it('that an output holds wait in their order, and are counted until a job names them', async () => {
    const { bodies, access } = setUp();
    const held = [share('ops', { state: 'held' })];
    for (const id of ['b1', 'b2', 'b3']) await bodies.store(request(held, { id, batch: id }));
    // One that could go at once does not overtake.
    expect(await bodies.store(request([share('ops')], { id: 'b4', batch: 'b4' }))).toEqual([{ state: 'held', there: false }]);
    expect(await bodies.held('ops', 2)).toEqual(['b1', 'b2']);
    expect((await readBacklog(access)).get('ops')).toMatchObject({ deliveries: 12, held: 12 });
    for (const id of ['b1', 'b1', 'b2']) await bodies.fed(id, 'ops');
    expect(await bodies.held('ops')).toEqual(['b3', 'b4']);
    expect((await readBacklog(access)).get('ops')).toMatchObject({ deliveries: 12, held: 6 });
    expect(await bodies.read('b1', 'ops')).toBeDefined();
  });

  it('beyond the bound of their output go by its rule, others by theirs', async () => {
    const { bodies, access } = setUp();
    const states = async (id: string, beyond: Share['beyond']) => {
      const shares = [
        share('ops', { state: 'held', most: { bytes: 2000 }, beyond }),
        share('crm', { most: { bytes: 2000 }, beyond }),
      ];
      return (await bodies.store(request(shares, { id, batch: id }))).map(({ state }) => state);
    };
    expect(await states('b1', 'dropped')).toEqual(['held', 'queued']);
    expect(await states('b2', 'dropped')).toEqual(['dropped', 'queued']);
    expect(await states('b3', 'dead')).toEqual(['dead', 'queued']);
    expect(await states('b4', 'held')).toEqual(['held', 'queued']);
    expect(await bodies.read('b2', 'ops')).toBeUndefined();
    const drop = createDropNoter({ ...access, window: 60_000 });
    const dropped = { batch: 'b2', output: 'ops', keys: ['k1', 'k2', 'k3'] };
    expect([await drop(dropped), await drop(dropped)]).toEqual([3, 0]);
    expect((await readBacklog(access)).get('ops')).toMatchObject({ held: 6, deliveries: 9, dropped: 3 });
    expect(await tellWhoFills(access)).toMatch(/^12 deliveries wait for output crm .*, 9 deliveries wait for output ops /);
  });

  it('let outcomes that are kept for longer be kept when more of their batch is dropped', async () => {
    const { access, redis, prefix } = setUp();
    await redis.hset(`${prefix}:ledger:b1.ops`, 'k1', 'retrying');
    await redis.expire(`${prefix}:ledger:b1.ops`, 3600);
    await createDropNoter({ ...access, window: 60_000 })({ batch: 'b1', output: 'ops', keys: ['k2'] });
    expect(await redis.ttl(`${prefix}:ledger:b1.ops`)).toBeGreaterThan(600);
  });

  it('that are dead letters take nothing of the bound, are counted apart, and leave no count behind', async () => {
    const { bodies, access, keys } = setUp();
    const store = async (id: string) => {
      const [answer] = await bodies.store(
        request([share('ops', { state: 'held', most: { bytes: 2000 }, beyond: 'dead' })], { id, batch: id }),
      );
      return answer?.state;
    };
    expect([await store('b1'), await store('b2'), await store('b3')]).toEqual(['held', 'dead', 'dead']);
    expect(await tellWhoFills(access)).toMatch(
      /^9 deliveries wait for output ops \(0.0 MiB, of which 0.0 MiB in dead letters\)$/,
    );
    await bodies.release('b1', 'ops');
    expect((await readBacklog(access)).get('ops')).toMatchObject({ deliveries: 6, bytes: 0, deadBytes: expect.any(Number) });
    expect(await store('b4')).toBe('held');
    for (const id of ['b2', 'b2', 'b3', 'b4']) await bodies.release(id, 'ops');
    expect(await keys('')).toEqual([]);
  });

  it('that are gone leave the held list of their output', async () => {
    const { bodies, redis, prefix, keys } = setUp();
    await redis.rpush(`${prefix}:held:ops`, 'orphan', 'b1', 'orphan');
    expect(await bodies.release('orphan', 'ops')).toBe(false);
    expect(await bodies.held('ops')).toEqual(['b1']);
    await forgetShares({ redis, prefix }, 'ops');
    expect(await keys('')).toEqual([]);
  });

  it('that nothing needs any more are found', async () => {
    const { bodies, access, redis, prefix, keys } = setUp();
    const queue = new Queue('output.crm', { connection: redis, prefix });
    const callbacks = new Queue('callbacks', { connection: redis, prefix });
    onTestFinished(async () => void (await Promise.all([queue.close(), callbacks.close()])));
    for (const id of ['named', 'coming', 'orphan', 'held']) {
      await bodies.store(request([share('crm', { state: id === 'held' ? 'held' : 'queued' })], { id, batch: id }));
    }
    await bodies.store(request([share('ops')], { id: 'coming.part', batch: 'coming' }));
    await queue.add('reference', {}, { jobId: 'named.ref.crm' });
    await callbacks.add('batch', {}, { jobId: 'coming' });
    const sweep = () => sweepBodies({ ...access, stop: new AbortController().signal });
    expect([await sweep(), await sweep()]).toEqual([1, 0]);
    expect((await keys('bodies:')).toSorted()).toEqual(['coming', 'coming.part', 'held', 'named'].map((id) => `bodies:${id}`));
    expect((await readBacklog(access)).get('crm')).toMatchObject({
      ...NO_BACKLOG,
      deliveries: 9,
      held: 3,
      bytes: expect.any(Number),
    });
  });
});
