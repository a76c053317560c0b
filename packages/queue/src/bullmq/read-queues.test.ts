import { testRedis } from '@ringback/testkit';
import { Queue, UnrecoverableError, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { askAll, readQueues } from './read-queues.ts';

const DEADLINE = { timeout: 20_000, interval: 10 };
const NOTHING = { waiting: 0, delayed: 0, active: 0, dead: 0, paused: false, oldest: undefined };

function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  onTestFinished(() => redis.disconnect());
  const open = (name: string) => {
    const queue = new Queue(name, { connection: redis, prefix });
    onTestFinished(() => queue.close());
    return queue;
  };
  return { redis, prefix, open };
}

it('counts the jobs of each state as BullMQ does, and finds a pause and the age of the oldest', async () => {
  const { redis, prefix, open } = setUp();
  const queue = open('one');
  const held = Promise.withResolvers<void>();
  const work = async ({ data }: { data: { n: string } }) => {
    if (data.n !== 'active') throw new UnrecoverableError('no');
    await held.promise;
  };
  const worker = new Worker('one', work, { connection: redis, prefix });
  onTestFinished(() => worker.close());
  await queue.add('x', { n: 'dead' });
  await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(1), DEADLINE);
  await queue.add('x', { n: 'active' });
  await vi.waitFor(async () => expect(await queue.getActiveCount()).toBe(1), DEADLINE);
  for (const timestamp of [2000, 1000, 3000]) await queue.add('x', { n: 'waits' }, { timestamp });
  await queue.add('x', { n: 'later' }, { delay: 600_000, timestamp: 2500 });
  const { waiting, delayed, active, failed } = await queue.getJobCounts('waiting', 'delayed', 'active', 'failed');
  expect([waiting, delayed, active, failed]).toEqual([3, 1, 1, 1]);
  const seen = async () => (await readQueues({ redis, prefix }, ['one']))[0];
  // The one that is taken next.
  expect(await seen()).toEqual({ waiting, delayed, active, dead: failed, paused: false, oldest: 2000 });
  await queue.pause();
  expect(await seen()).toMatchObject({ waiting, paused: true });
  held.resolve();
});

it('reads hundreds in their order, in two round trips for each hundred, and writes nothing', async () => {
  const { redis, prefix, open } = setUp();
  const names = Array.from({ length: 250 }, (_, index) => `q${index}`);
  for (const [index, name] of [names[3], names[249]].entries()) await open(name ?? '').add('x', {}, { timestamp: 7 + index });
  // Other tests use this Redis as well.
  const keys = async () => (await redis.keys(`${prefix}:*`)).toSorted();
  const before = await keys();
  const pipeline = vi.spyOn(redis, 'pipeline');
  const all = await readQueues({ redis, prefix }, names);
  expect(pipeline.mock.calls.map(([commands]) => commands?.length)).toEqual([700, 1, 700, 350, 1]);
  expect(await keys()).toEqual(before);
  expect(all).toHaveLength(250);
  expect(all[3]).toEqual({ ...NOTHING, waiting: 1, oldest: 7 });
  expect(all[249]).toEqual({ ...NOTHING, waiting: 1, oldest: 8 });
  expect(all.filter(({ waiting }) => waiting === 0)).toEqual(Array.from({ length: 248 }, () => NOTHING));
  expect(await readQueues({ redis, prefix }, [])).toEqual([]);
});

it('passes on what Redis refuses', async () => {
  const { redis, prefix } = setUp();
  await redis.set(`${prefix}:odd:wait`, 'text');
  await expect(readQueues({ redis, prefix }, ['odd'])).rejects.toThrow('WRONGTYPE');
  expect(await askAll({ redis }, [])).toEqual([]);
});
