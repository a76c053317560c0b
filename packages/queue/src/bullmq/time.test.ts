import { startRedisServer, testRedis, watchCommands } from '@ringback/testkit';
import { type Job, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { addJobs } from './add-jobs.ts';
import { openQueue, workerOptions } from './queue-options.ts';

const HOUR = 3_600_000;
const NAME = 'work';
const DEADLINE = { timeout: 30_000, interval: 10 };

/** A process whose clock is off by so much, as far as BullMQ can tell. */
function setClock(ahead: number) {
  const real = Date.now.bind(Date);
  const spy = vi.spyOn(Date, 'now').mockImplementation(() => real() + ahead);
  onTestFinished(() => spy.mockRestore());
  return { real, back: () => spy.mockRestore() };
}

function setUp({ url, prefix } = testRedis()) {
  const connect = () => {
    const redis = new Redis(url, { maxRetriesPerRequest: null });
    onTestFinished(() => redis.disconnect());
    return redis;
  };
  const redis = connect();
  const queue = openQueue(NAME, { redis, prefix });
  onTestFinished(() => queue.close());
  const work = (process: (job: Job) => Promise<void>) => {
    const options = workerOptions({ redis: connect(), prefix, concurrency: 1, lockDuration: 30_000 });
    const worker = new Worker(NAME, process, { ...options, settings: { backoffStrategy: () => 60_000 } });
    worker.on('error', () => {});
    void worker.run();
    onTestFinished(() => worker.close(true));
    return worker;
  };
  return { redis, queue, work, prefix };
}

const job = (jobId: string, delay = 0) => ({
  name: 'single',
  data: {},
  opts: { jobId, delay, attempts: 3, backoff: { type: 'own' } },
});

describe.each([6 * HOUR, -6 * HOUR])('a process whose clock is %d ms ahead', (ahead) => {
  it('schedules by the time of Redis: what it adds, and what it tries again', async () => {
    const { real } = setClock(ahead);
    const { redis, queue, work } = setUp();
    await addJobs({ queue, jobs: [job('later', 60_000)] });
    await addJobs({ queue, jobs: [job('fails')] });
    work(() => Promise.reject(new Error('not now')));
    await vi.waitFor(async () => expect(await queue.getDelayedCount()).toBe(2), DEADLINE);
    const scores = await Promise.all(['later', 'fails'].map((id) => redis.zscore(queue.toKey('delayed'), id)));
    for (const score of scores) {
      const due = Number(score) / 0x1000 - real();
      expect(due).toBeGreaterThan(20_000);
      expect(due).toBeLessThan(61_000);
    }
  });

  it('keeps the time that a job brings along', async () => {
    const { real } = setClock(ahead);
    const { queue } = setUp();
    const began = real() - 100_000;
    const brought = job('brought');
    await addJobs({ queue, jobs: [{ ...brought, opts: { ...brought.opts, timestamp: began } }] });
    expect((await queue.getJob('brought'))?.timestamp).toBe(began);
  });

  it('runs what another scheduled when it is due: not before, and not hours later', async () => {
    const { queue, work } = setUp();
    const { real } = setClock(ahead);
    await addJobs({ queue, jobs: [job('soon', 1500)] });
    await addJobs({ queue, jobs: [job('much-later', HOUR)] });
    const begun = real();
    const ran: { id: string | undefined; after: number }[] = [];
    work(async ({ id }) => void ran.push({ id, after: real() - begun }));
    await vi.waitFor(() => expect(ran).toHaveLength(1), DEADLINE);
    expect(ran[0]?.id).toBe('soon');
    expect(ran[0]?.after).toBeGreaterThan(1000);
    expect(await queue.getDelayedCount()).toBe(1);
  });

  it('has no command in which its own time goes to Redis', async () => {
    const { real } = setClock(ahead);
    const { url } = await startRedisServer();
    const { queue, work } = setUp({ url, prefix: 'p' });
    await queue.waitUntilReady();
    const commands = await watchCommands(url, { ofScripts: true });
    work(async ({ id }) => {
      if (id === 'fails') throw new Error('not now');
    });
    await addJobs({ queue, jobs: [job('done')] });
    await addJobs({ queue, jobs: [job('fails')] });
    await vi.waitFor(async () => expect(await queue.getDelayedCount()).toBe(1), DEADLINE);
    await vi.waitFor(async () => expect(await queue.getActiveCount()).toBe(0), DEADLINE);
    const sent = (await commands.take()).flat();
    const near = (time: number) => sent.filter((arg) => Math.abs(Number(arg) - time) < HOUR);
    expect(near(real() + ahead)).toEqual([]);
    expect(near(real()).length).toBeGreaterThan(3);
    expect((await queue.getJob('fails'))?.timestamp).toBeLessThan(real() + 1000);
  });
});

it('leaves commands and jobs as they are where the clocks agree', async () => {
  const { queue } = setUp();
  await addJobs({ queue, jobs: [job('one')] });
  expect((await queue.getJob('one'))?.opts.timestamp).toBeUndefined();
});
