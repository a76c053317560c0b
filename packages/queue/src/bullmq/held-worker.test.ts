import { testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { Type } from 'typebox';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createConsumer } from './consumer.ts';
import { workerOptions } from './queue-options.ts';

const DEADLINE = { timeout: 20_000, interval: 10 };
/** s. A worker that waits for a marker does not look by itself before the test is over. */
const HOUR = 3600;

it.each(['is done', 'fails'])('takes a delayed job in time after a pause in which another job %s', async (ending) => {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue('q', { connection: redis, prefix });
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const done: number[] = [];
  const noMarker = () => vi.waitFor(async () => expect(await redis.zcard(queue.toKey('marker'))).toBe(0), DEADLINE);
  /** The worker waits for the next job by then. It is held as by a breaker, and the job is tried again later. */
  const failFirst = async () => {
    await noMarker();
    consumer.hold();
    await queue.add('job', { n: 2 }, { delay: 100 });
    await noMarker();
  };
  const consumer = createConsumer({
    queue: 'q',
    schema: Type.Object({ n: Type.Integer() }),
    async handle({ n }) {
      if (n === 1) await failFirst();
      done.push(n);
      if (n === 1 && ending === 'fails') throw new Error('tried again in an hour');
    },
    options: { ...workerOptions({ redis, prefix, concurrency: 2, lockDuration: 2000 }), drainDelay: HOUR },
    logger,
  });
  onTestFinished(async () => {
    await consumer.close(5000);
    await queue.close();
    redis.disconnect();
  });
  await queue.add('job', { n: 1 }, { attempts: 2, backoff: { type: 'fixed', delay: HOUR * 1000 } });
  await vi.waitFor(async () => expect([done, await queue.getActiveCount()]).toEqual([[1], 0]), DEADLINE);
  consumer.resume();
  await vi.waitFor(() => expect(done).toEqual([1, 2]), DEADLINE);
});
