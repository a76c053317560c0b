import { type Callback, callbackKey } from '@ringback/contracts';
import { testCallback as callback, testRedis } from '@ringback/testkit';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createBodies } from './bodies/bodies.ts';
import { forgetOutput, knownOutputs, noteOutputs } from './known-outputs.ts';
import { moveDeliveries } from './move.ts';
import { createDeliveryProducer } from './producer.ts';
import { deliveryWork } from './work.ts';

const delivery = { retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 60_000, maxDelay: 60_000 } };
const DEADLINE = { timeout: 20_000, interval: 20 };

const spent = (attempts: number) => ({ attempts, uncounted: 0 });
const failing = (batch: string, of: Callback) =>
  ({ batch, callback: of, spent: spent(1), outcome: 'retry', fault: 'theirs', waitMs: 60_000 }) as const;
const dead = (batch: string, of: Callback, attempts: number, reason: string) =>
  ({ batch, callback: of, spent: spent(attempts), outcome: 'dead', reason, fault: 'theirs' }) as const;

function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  onTestFinished(() => redis.disconnect());
  const access = { redis, prefix };
  const bodies = createBodies(access);
  const queue = (output: string) => {
    const made = new Queue(`output.${output}`, { connection: redis, prefix });
    onTestFinished(() => made.close());
    return made;
  };
  const producer = (output: string) => {
    const made = createDeliveryProducer({ ...access, output, delivery, nearlyFull: () => false });
    onTestFinished(() => made.close());
    return made;
  };
  /** Outcomes by `<batch>.<output> <requestID>`. */
  const ledger = new Map<string, string>();
  const outcomes = async ({ batch, output }: { batch: string; output: string }, keys: readonly string[]) =>
    keys.map((key) => [...ledger].find(([name]) => `${batch}.${output} ${key}` === keyed(name))?.[1]);
  const keyed = (name: string) => {
    const [where, id = ''] = name.split(' ');
    return `${where} ${callbackKey(callback(id))}`;
  };
  const move = (change: Partial<Parameters<typeof moveDeliveries>[0]> = {}) =>
    moveDeliveries({ ...access, from: 'old', to: { name: 'crm', delivery }, outcomes, nearlyFull: () => false, ...change });
  /** requestIDs of the jobs in a queue by state. */
  async function standing(output: string) {
    const made = queue(output);
    const states = ['waiting', 'delayed', 'failed', 'active'] as const;
    const jobs = await Promise.all(states.map((state) => made.getJobs([state], 0, -1, true)));
    const names = jobs.map((some) => some.flatMap(({ data }) => idsOf(data)).toSorted());
    const shares = await Promise.all((await bodies.held(output)).map((id) => bodies.read(id, output)));
    const held = shares.flatMap((share) => share?.callbacks.map(({ id }) => id) ?? []).toSorted();
    const all = [...states.map((state, index) => [state, names[index]] as const), ['held', held] as const];
    return Object.fromEntries(all.filter(([, ids]) => (ids?.length ?? 0) > 0));
  }
  return { access, queue, producer, ledger, move, standing };
}

const ALL = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((id) => callback(id));
const nameOf = new Map(ALL.map((one) => [callbackKey(one), one.id]));
function idsOf(data: { refused?: string }): string[] {
  const ids = [...(deliveryWork(data)?.keys ?? [])].map((key) => nameOf.get(key) ?? key);
  return data.refused === undefined ? ids : ids.map((id) => `${id}: ${data.refused}`);
}
const [a, b, c, d, e] = ALL as [Callback, Callback, Callback, Callback, Callback];

/** Has everything that waits in the queue fail for good. */
async function failAll(access: { redis: Redis; prefix: string }, output: string, count: number) {
  const fail = async () => Promise.reject(new Error('HTTP 410'));
  const queue = new Queue(`output.${output}`, { connection: access.redis, prefix: access.prefix });
  const settings = { settings: { backoffStrategy: () => -1 } };
  const worker = new Worker(`output.${output}`, fail, { connection: access.redis, prefix: access.prefix, ...settings });
  await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(count), DEADLINE);
  await worker.close();
  await queue.close();
}

it('moves what waits, what is to be tried again and what is dead, each as what it is, and nothing of it twice', async () => {
  const { access, producer, move, standing } = setUp();
  const old = producer('old');
  await old.addFailed(dead('b0', e, 3, 'HTTP 400'));
  await failAll(access, 'old', 1);
  await old.addBatch({ id: 'b1', callbacks: [a, b], again: false });
  await old.addFailed(failing('b2', c));
  await old.addFailed(dead('b3', d, 3, 'HTTP 404'));
  expect(await move()).toEqual({ moved: 5, ended: 0, left: 0 });
  expect(await standing('old')).toEqual({});
  const there = { waiting: ['d: HTTP 404', 'e: HTTP 410'], delayed: ['c'], held: ['a', 'b'] };
  expect(await standing('crm')).toEqual(there);
  expect(await move()).toEqual({ moved: 0, ended: 0, left: 0 });
  expect(await standing('crm')).toEqual(there);
});

it('adds nothing that stands there already, and all that does not', async () => {
  const { producer, move, standing } = setUp();
  const [old, crm] = [producer('old'), producer('crm')];
  await crm.addBatch({ id: 'b1', callbacks: [b, c], again: false });
  await crm.addFailed(failing('b2', d));
  await old.addBatch({ id: 'b1', callbacks: [a, b], again: false });
  await old.addFailed(failing('b2', d));
  await move();
  expect(await standing('old')).toEqual({});
  expect(await standing('crm')).toEqual({ waiting: ['b', 'c'], delayed: ['d'], held: ['a'] });
});

it('leaves out what the ledger says has ended, at either output', async () => {
  const { producer, ledger, move, standing } = setUp();
  const old = producer('old');
  // Taken once: a was delivered, b has a job of its own, c was delivered by the other output, d is a dead letter there that was purged.
  await old.addBatch({ id: 'b1', callbacks: [a, b, c, d, e], again: true });
  await old.addFailed(failing('b1', b));
  for (const [delivered, outcome] of [
    ['b1.old a', 'delivered'],
    ['b1.old b', 'retrying'],
    ['b1.crm c', 'delivered'],
    ['b1.crm d', 'dead'],
  ] as const)
    ledger.set(delivered, outcome);
  expect(await move()).toEqual({ moved: 3, ended: 3, left: 0 });
  expect(await standing('crm')).toEqual({ held: ['e'], delayed: ['b', 'd'] });
});

it('can be cut off after every step and run again: nothing is lost, nothing stands there twice', async () => {
  const { producer, move, standing } = setUp();
  const old = producer('old');
  const callbacks = ALL;
  for (const [index, one] of callbacks.entries()) await old.addBatch({ id: `b${index}`, callbacks: [one], again: false });
  const ids = callbacks.map(({ id }) => id);
  // Each run ends at the n-th look at whether a job is locked or what became of it.
  for (let step = 0; step < ids.length; step += 1) {
    let looks = 0;
    const outcomes = async (_: unknown, keys: readonly string[]) => {
      looks += 1;
      if (looks > 3) throw new Error('cut off');
      return keys.map(() => undefined);
    };
    await move({ outcomes }).catch(() => {});
    const [left, there] = [await standing('old'), await standing('crm')];
    expect(new Set([...(left['waiting'] ?? []), ...(there['held'] ?? [])])).toEqual(new Set(ids));
  }
  // Cut off between the two: it stands in both.
  await producer('old').addBatch({ id: 'b0', callbacks: [a], again: false });
  await move();
  expect(await standing('crm')).toEqual({ held: ids });
  expect(await standing('old')).toEqual({});
});

it('leaves what is under way, takes what a worker that is gone had under way, and leaves what is no payload of ours', async () => {
  const { access, queue, producer, move, standing } = setUp();
  await producer('old').addBatch({ id: 'b1', callbacks: [a], again: false });
  const work = Promise.withResolvers<void>();
  const options = { connection: access.redis, prefix: access.prefix, lockDuration: 60_000 };
  const worker = new Worker('output.old', () => work.promise, options);
  onTestFinished(async () => {
    work.resolve();
    await worker.close();
  });
  const old = queue('old');
  await vi.waitFor(async () => expect(await old.getActiveCount()).toBe(1), DEADLINE);
  expect(await move()).toEqual({ moved: 0, ended: 0, left: 1 });
  expect(await standing('crm')).toEqual({});
  // As when its worker is killed and its lock has run out.
  await access.redis.del(`${old.toKey('b1.old')}:lock`);
  expect(await move()).toEqual({ moved: 1, ended: 0, left: 0 });
  expect(await standing('crm')).toEqual({ held: ['a'] });
  await old.pause();
  await old.add('x', { not: 'ours' });
  expect(await move()).toEqual({ moved: 0, ended: 0, left: 1 });
});

it('stops while Redis is nearly full', async () => {
  const { producer, move, standing } = setUp();
  await producer('old').addFailed(failing('b', a));
  await expect(move({ nearlyFull: () => true })).rejects.toMatchObject({ code: 'RB_OVERLOADED' });
  expect(await standing('old')).toEqual({ delayed: ['a'] });
});

it('an output that is forgotten leaves nothing behind in Redis', async () => {
  const { access, producer } = setUp();
  await noteOutputs(access, ['old']);
  const old = producer('old');
  await old.addFailed(dead('b1', a, 1, 'HTTP 410'));
  await failAll(access, 'old', 1);
  await old.addBatch({ id: 'b1', callbacks: [b], again: false });
  await old.addFailed(failing('b1', c));
  await forgetOutput(access, 'old');
  expect(await knownOutputs(access)).toEqual([]);
  expect(await access.redis.keys(`${access.prefix}:*`)).toEqual([]);
});
