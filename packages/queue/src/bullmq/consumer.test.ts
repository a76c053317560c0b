import { startRedisServer, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { Type } from 'typebox';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createConsumer, HandBack } from './consumer.ts';
import { CALLBACKS } from './names.ts';
import { workerOptions } from './queue-options.ts';

type Handle = (payload: { n: number }) => Promise<void>;

function setUp({ handle = () => Promise.resolve(), url, prefix }: { handle?: Handle; url: string; prefix: string }) {
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  redis.on('error', () => {});
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const errors = vi.fn();
  const queue = new Queue(CALLBACKS, { connection: redis, prefix });
  queue.on('error', () => {});
  const done: number[] = [];
  const consumer = createConsumer({
    queue: CALLBACKS,
    schema: Type.Object({ n: Type.Integer() }),
    handle: async (payload) => {
      await handle(payload);
      done.push(payload.n);
    },
    options: workerOptions({ redis, prefix, concurrency: 1, lockDuration: 2000 }),
    errors,
    logger,
  });
  onTestFinished(async () => {
    await consumer.close(5000);
    redis.disconnect();
  });
  const add = (...numbers: readonly number[]) => queue.addBulk(numbers.map((n) => ({ name: 'job', data: { n } })));
  return { redis, queue, consumer, logger, errors, done, add };
}

type Spoiled = { redis: Redis; queue: Queue; fields: Readonly<Record<string, string>> };

/** Redis as it is when something else than Ringback has written to a job. */
async function spoil({ redis, queue, fields }: Spoiled): Promise<string> {
  const job = await queue.add('job', { n: 0 }, { attempts: 5 });
  await redis.hset(queue.toKey(job.id ?? ''), { name: 'job', ...fields });
  return job.id ?? '';
}

describe('a job that cannot be read', () => {
  it.each([
    ...['{"n": 1', 'garbage', '\u0000', '"text"', 'null', '[]'].map((data) => ({ data })),
    ...['{"attempts": 5', 'garbage', 'null', '7'].map((opts) => ({ opts })),
    { progress: 'half' },
    { rjk: 'nightly' },
    { data: '{', opts: '{', progress: '{', rjk: 'a:b:c:d:e', delay: 'long', returnvalue: '{' },
  ])('is set aside as it is, and the others go on: %j', async (fields) => {
    const { redis, queue, logger, errors, done, add, consumer } = setUp(testRedis());
    consumer.hold();
    await add(1);
    const id = await spoil({ redis, queue, fields });
    await add(2, 3);
    consumer.resume();
    await vi.waitFor(() => expect(done).toEqual([1, 2, 3]), 10_000);
    await vi.waitFor(async () => expect(await redis.zrange(queue.toKey('failed'), 0, '-1')).toEqual([id]), 10_000);
    expect(await redis.hgetall(queue.toKey(id))).toMatchObject({
      ...fields,
      failedReason: 'RB_PAYLOAD_INVALID: not a payload of ours',
    });
    expect(logger.error.mock.calls).toEqual([
      [expect.objectContaining({ code: 'RB_PAYLOAD_INVALID', job: id }), 'job set aside'],
    ]);
    expect(errors.mock.calls).toEqual([]);
  });

  it.each([{ parent: '{' }, { ats: 'many' }, 'another key'])(
    'is neither handled nor in the way where BullMQ itself cannot set it aside: %j',
    async (fields) => {
      const { redis, queue, errors, done, add, consumer } = setUp(testRedis());
      consumer.hold();
      await add(1);
      const id = await spoil({ redis, queue, fields: typeof fields === 'string' ? {} : fields });
      if (typeof fields === 'string') await redis.set(queue.toKey(id), fields);
      await add(2, 3);
      consumer.resume();
      await vi.waitFor(() => expect(done).toEqual([1, 2, 3]), 10_000);
      await vi.waitFor(() => expect(errors.mock.calls.length).toBeGreaterThanOrEqual(2), { timeout: 20_000, interval: 50 });
      await add(4);
      await vi.waitFor(() => expect(done).toEqual([1, 2, 3, 4]), 10_000);
      expect(await queue.getFailedCount()).toBe(0);
    },
  );
});

describe('a consumer', () => {
  it('takes nothing while it is held, and goes on when it is let go', async () => {
    const { consumer, done, add, queue } = setUp(testRedis());
    await add(1);
    await vi.waitFor(() => expect(done).toEqual([1]), 10_000);
    await vi.waitFor(async () => expect(await queue.getActiveCount()).toBe(0), 10_000);
    consumer.hold();
    consumer.resume();
    await add(2);
    await vi.waitFor(() => expect(done).toEqual([1, 2]), 10_000);
  });

  it('takes a job that was handed back for a while again, after the others, and with none of its attempts used', async () => {
    let refused = 0;
    const { done, add, queue } = setUp({
      ...testRedis(),
      handle: ({ n }) => (n === 1 && (refused += 1) <= 2 ? Promise.reject(new HandBack({ afterMs: 50 })) : Promise.resolve()),
    });
    await add(1, 2, 3);
    await vi.waitFor(() => expect(done).toEqual([2, 3, 1]), 10_000);
    expect(await queue.getFailedCount()).toBe(0);
  });

  it('closes long before the grace is over while Redis is away, when nothing is under way', async () => {
    const server = await startRedisServer();
    const { consumer, add, done } = setUp({ url: server.url, prefix: 'test' });
    await add(1);
    await vi.waitFor(() => expect(done).toEqual([1]), 10_000);
    await server.kill();
    expect(await consumer.close(3_600_000)).toBe(false);
  });

  it('gives back what Redis hands out after its close began, and no attempt is used', async () => {
    const server = await startRedisServer();
    const place = { url: server.url, prefix: 'test' };
    const work = Promise.withResolvers<void>();
    const closing = setUp({ ...place, handle: () => work.promise });
    await closing.add(1, 2);
    await vi.waitFor(() => expect(closing.consumer.progress()).toBe(1), 10_000);
    // The command that ends job 1 asks for job 2 as well, and is answered after the close began.
    server.pause();
    work.resolve();
    await vi.waitFor(() => expect(closing.done).toEqual([1]), 10_000);
    const closed = closing.consumer.close(60_000);
    server.resume();
    expect(await closed).toBe(true);
    expect(closing.done).toEqual([1]);
    expect(await closing.queue.getJobs('waiting')).toEqual([expect.objectContaining({ data: { n: 2 }, attemptsMade: 0 })]);
    const next = setUp(place);
    await vi.waitFor(() => expect(next.done).toEqual([2]), 10_000);
  });

  it('waits for what is under way, and no longer than the grace', async () => {
    const work = Promise.withResolvers<void>();
    const { consumer, add } = setUp({ ...testRedis(), handle: () => work.promise });
    await add(1);
    await vi.waitFor(() => expect(consumer.progress()).toBe(1), 10_000);
    expect(await consumer.close(100)).toBe(false);
    work.resolve();
  });
});
