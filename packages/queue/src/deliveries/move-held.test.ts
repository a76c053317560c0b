import type { Callback } from '@ringback/contracts';
import { testCallback, testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { NO_BACKLOG, readBacklog } from './bodies/backlog.ts';
import { createBodies } from './bodies/bodies.ts';
import { moveDeliveries } from './move.ts';
import { createDeliveryProducer } from './producer.ts';

const delivery = { retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 60_000, maxDelay: 60_000 } };
const many = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) =>
    testCallback(`${name}${index}`, { body: JSON.stringify({ text: 'x'.repeat(500) }) }),
  );

function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  onTestFinished(() => redis.disconnect());
  const access = { redis, prefix };
  const bodies = createBodies(access);
  const old = createDeliveryProducer({ ...access, output: 'old', delivery, nearlyFull: () => false });
  onTestFinished(() => old.close());
  const store = (id: string, state: 'held' | 'queued', shares: Record<string, readonly Callback[]>) => {
    const all = Object.entries(shares).map(([output, callbacks]) => ({ output, callbacks, state, beyond: 'held' as const }));
    return bodies.store({ id, batch: id, again: false, compact: true, shares: all });
  };
  const outcomes = async (_: unknown, keys: readonly string[]): Promise<(string | undefined)[]> => keys.map(() => undefined);
  const move = (change: Partial<Parameters<typeof moveDeliveries>[0]> = {}) =>
    moveDeliveries({ ...access, from: 'old', to: { name: 'crm', delivery }, outcomes, nearlyFull: () => false, ...change });
  const held = async (output: string) => {
    const shares = await Promise.all((await bodies.held(output)).map((id) => bodies.read(id, output)));
    return shares.flatMap((share) => share?.callbacks.map(({ id }) => id) ?? []).toSorted();
  };
  const keys = async (name: string) => (await redis.keys(`${prefix}:${name}:*`)).map((key) => key.slice(prefix.length + 1));
  return { access, bodies, old, store, outcomes, move, held, keys };
}

const idsOf = (callbacks: readonly Callback[]) => callbacks.map(({ id }) => id).toSorted();

for (const state of ['held', 'queued'] as const) {
  it(`hands over what is stored (${state}) as it is stored, though Redis is nearly full`, async () => {
    const { access, bodies, old, store, move, held, keys } = setUp();
    const callbacks = many('x', 200);
    await store('b1', state, { old: callbacks });
    if (state === 'queued') await old.addReferences(['b1']);
    const before = await readBacklog(access);
    expect(await move({ nearlyFull: () => true })).toEqual({ moved: 200, ended: 0, left: 0 });
    const backlog = await readBacklog(access);
    expect([...backlog]).toEqual([['crm', { ...NO_BACKLOG, ...before.get('old'), held: 200 }]]);
    expect(backlog.get('crm')?.bytes).toBeLessThan(20_000);
    expect(await held('crm')).toEqual(idsOf(callbacks));
    // Only a worker makes jobs of it.
    expect(await keys('output.crm:b1')).toEqual([]);
    expect(await bodies.read('b1', 'crm')).toMatchObject({ batch: 'b1', again: true });
    await bodies.release('b1', 'crm');
    expect(await keys('bodies')).toEqual([]);
    expect([...(await readBacklog(access))]).toEqual([]);
  });
}

it('hands over only what has not ended, and leaves what the other output has already', async () => {
  const { bodies, store, move, held, outcomes } = setUp();
  const [a, b, c, d] = many('x', 4) as [Callback, Callback, Callback, Callback];
  await store('b1', 'held', { old: [d, c, b] });
  const ended = async (where: { output: string }, keys: readonly string[]) =>
    where.output === 'old' ? ['delivered', ...keys.slice(1).map(() => undefined)] : outcomes(where, keys);
  expect(await move({ outcomes: ended })).toEqual({ moved: 2, ended: 1, left: 0 });
  expect((await bodies.read('b1', 'crm'))?.callbacks).toEqual([c, b]);
  await store('b2', 'held', { old: [a, b, c], crm: [a, b], ops: [c, a] });
  await move();
  await move();
  expect((await bodies.read('b2', 'crm'))?.callbacks).toEqual([a, b]);
  expect(await held('crm')).toEqual(idsOf([c, b, a, b, c]));
  expect((await bodies.read('b2', 'ops'))?.callbacks).toEqual([c, a]);
});

it('stops where it takes memory and Redis is nearly full, and goes on later', async () => {
  const { old, move, held } = setUp();
  const callbacks = many('x', 3);
  await old.addBatch({ id: 'b1', callbacks, again: false });
  await expect(move({ nearlyFull: () => true })).rejects.toMatchObject({ code: 'RB_OVERLOADED' });
  expect(await held('crm')).toEqual([]);
  expect(await move()).toEqual({ moved: 3, ended: 0, left: 0 });
  expect(await held('crm')).toEqual(idsOf(callbacks));
});

it('can be cut off after any of its scripts and run again: all is there once', async () => {
  const { access, old, store, move, held } = setUp();
  const [inline, stored, shared] = [many('i', 3), many('s', 3), many('t', 3)];
  for (let commands = 1; ; commands += 1) {
    const names = await access.redis.keys(`${access.prefix}:*`);
    if (names.length > 0) await access.redis.del(...names);
    await old.addBatch({ id: 'b1', callbacks: inline, again: false });
    await store('b2', 'held', { old: stored });
    await store('b3', 'held', { old: shared, crm: shared.slice(1) });
    let left = commands;
    const outcomes = async (_: unknown, keys: readonly string[]) => keys.map(() => undefined);
    const cutOff = cut(access.redis, () => (left -= 1) < 0);
    const ended = await move({ redis: cutOff, outcomes }).then(
      () => true,
      () => false,
    );
    await move();
    expect(await held('crm')).toEqual(idsOf([...inline, ...stored, ...shared]));
    expect(await held('old')).toEqual([]);
    if (ended) return;
  }
});

/** The same connection, whose scripts fail from some point on; the first of them has been run all the same. */
function cut(redis: Redis, isOver: () => boolean): Redis {
  let over = false;
  const evalsha = async (...args: Parameters<Redis['evalsha']>) => {
    if (over) throw new Error('cut off');
    const reply: unknown = await redis.evalsha(...args);
    over = isOver();
    if (over) throw new Error('cut off');
    return reply;
  };
  return Object.create(redis, { evalsha: { value: evalsha } }) as Redis;
}

it('leaves what cannot be read, and moves the rest', async () => {
  const { access, store, move, held } = setUp();
  const callbacks = many('x', 2);
  await store('b1', 'held', { old: many('y', 2) });
  await store('b2', 'held', { old: callbacks });
  await access.redis.hset(`${access.prefix}:bodies:b1`, 'bodies', 'z not deflated');
  expect(await move()).toEqual({ moved: 2, ended: 0, left: 1 });
  expect(await held('crm')).toEqual(idsOf(callbacks));
});
