import { testRedis } from '@ringback/testkit';
import { type Job, Queue, UnrecoverableError, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { dropJob, JOB_STATES, jobsIn, lockedFor, putJob } from './carry-jobs.ts';

const NAME = 'output.crm';
const SOON = { timeout: 20_000, interval: 10 };
const ALL = { skip: 0, count: 100 };

function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const open = (shard: string) => {
    const queue = new Queue(NAME, { connection: redis, prefix: `${prefix}${shard}` });
    onTestFinished(() => queue.close());
    return { queue, place: { redis, prefix: `${prefix}${shard}`, queue: NAME } };
  };
  onTestFinished(() => redis.disconnect());
  const work = (shard: string, process: (job: Job) => Promise<void>) => {
    const worker = new Worker(NAME, process, { connection: redis, prefix: `${prefix}${shard}`, lockDuration: 1000 });
    worker.on('error', () => {});
    onTestFinished(() => worker.close(true));
    return worker;
  };
  return { redis, from: open('a'), to: open('b'), work };
}

const stateOf = async (job: Job) => ({
  ...job.asJSON(),
  state: await job.getState(),
});

it('moves jobs of each state as they are', async () => {
  const { from, to, work } = setUp();
  const held = Promise.withResolvers<void>();
  const worker = work('a', async (job) => {
    if (job.name === 'active') return held.promise;
    throw job.name === 'dead' ? new UnrecoverableError('no') : new Error('later');
  });
  await from.queue.add('dead', { of: 'us' }, { jobId: 'dead', removeOnFail: false });
  await from.queue.add('later', {}, { jobId: 'later', attempts: 5, backoff: 600_000 });
  await vi.waitFor(
    async () => expect(await from.queue.getJobCounts('failed', 'delayed')).toEqual({ failed: 1, delayed: 1 }),
    SOON,
  );
  await from.queue.add('active', {}, { jobId: 'taken' });
  await vi.waitFor(async () => expect(await from.queue.getActiveCount()).toBe(1), SOON);
  expect(await lockedFor(from.place, 'taken')).toBeGreaterThan(0);
  for (const id of ['w1', 'w2', 'w3']) await from.queue.add('waits', {}, { jobId: id });
  await from.queue.add('first', {}, { jobId: 'first', priority: 3 });
  const unmoved = ['dead', 'later', 'w1', 'w2', 'w3', 'first'];
  const before = await Promise.all(unmoved.map(async (id) => stateOf((await from.queue.getJob(id)) as Job))); // just added

  await to.queue.add('waits', {}, { jobId: 'w0' });
  for (const state of JOB_STATES) {
    const jobs = await jobsIn(from.place, state, ALL);
    for (const job of jobs) expect(await putJob(to.place, job)).toBe('put');
    for (const job of jobs) expect(await putJob(to.place, job)).toBe('there');
    for (const job of jobs) await dropJob(from.place, job);
  }
  held.resolve();
  await worker.close(true);

  expect(await Promise.all(unmoved.map(async (id) => stateOf((await to.queue.getJob(id)) as Job)))).toEqual(before); // moved
  expect(await from.queue.getJobCounts()).toMatchObject({ waiting: 0, failed: 0, delayed: 0, active: 0, prioritized: 0 });
  const taken: string[] = [];
  work('b', async ({ id }) => void taken.push(id ?? ''));
  await vi.waitFor(() => expect(taken).toEqual(['taken', 'w0', 'w1', 'w2', 'w3', 'first']), SOON);
});

it('says that another job has the id, and leaves that alone', async () => {
  const { from, to } = setUp();
  await from.queue.add('x', { of: 'from' }, { jobId: 'same' });
  await to.queue.add('x', { of: 'to' }, { jobId: 'same' });
  const [job] = await jobsIn(from.place, 'wait', ALL);
  expect(job && (await putJob(to.place, job))).toBe('taken');
  expect((await to.queue.getJob('same'))?.data).toEqual({ of: 'to' });
  expect(await to.queue.getWaitingCount()).toBe(1);
});

it('reads page by page, the oldest first', async () => {
  const { from } = setUp();
  for (const id of ['j1', 'j2', 'j3', 'j4', 'j5']) await from.queue.add('x', {}, { jobId: id });
  const ids = async (skip: number) => (await jobsIn(from.place, 'wait', { skip, count: 2 })).map(({ id }) => id);
  expect([await ids(0), await ids(2), await ids(4), await ids(6)]).toEqual([['j1', 'j2'], ['j3', 'j4'], ['j5'], []]);
});
