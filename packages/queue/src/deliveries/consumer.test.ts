import { groupCallbacks, RingbackError } from '@ringback/contracts';
import { testCallback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { readBacklog } from './bodies/backlog.ts';
import { createBodies } from './bodies/bodies.ts';
import { consumeDeliveries } from './consumer.ts';
import { failureOf } from './failure.ts';
import { createDeliveryProducer } from './producer.ts';

const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const delivery = { retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 1, maxDelay: 1 } };

/** A consumer whose batches all fail, and what it was told of each. */
function setUp(failure = new Error('broken')) {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const seen: string[] = [];
  const handlers = {
    single: async () => ({ outcome: 'delivered' }) as const,
    batch: async ({ id, again }: { id: string; again: boolean }) => {
      seen.push(`${id}${again ? ' again' : ''}`);
      throw failure;
    },
  };
  const access = { redis, prefix, concurrency: 1, lockDuration: 2000 };
  const consumer = consumeDeliveries({ ...access, output: 'crm', delivery, handlers, logger });
  const queue = new Queue('output.crm', { connection: redis, prefix });
  onTestFinished(async () => {
    await consumer.close(5000);
    await queue.close();
    redis.disconnect();
  });
  const add = (batch: string, more: { again?: true }, attempts: number, timestamp = Date.now()) =>
    queue.add(
      'batch',
      { v: 1, kind: 'batch', batch, ...more, groups: groupCallbacks([testCallback('x')]) },
      { attempts, timestamp },
    );
  return { add, seen, queue, access: { redis, prefix } };
}

it('tells a batch of deliveries that were never attempted from one that may have been', async () => {
  const { add, seen } = setUp();
  await add('b1', {}, 1);
  await add('b2', { again: true }, 1);
  await vi.waitFor(() => expect(seen).toEqual(['b1', 'b2 again']), 10_000);
});

it('takes a batch whose run began half a lock ago or earlier for one that another worker may have attempted since', async () => {
  const { add, seen } = setUp();
  await add('b1', {}, 1, Date.now() - 1500);
  await vi.waitFor(() => expect(seen).toEqual(['b1 again']), 10_000);
});

it('takes a batch that was taken before, and that a person had run anew as well, for one that may have been attempted', async () => {
  const { add, seen } = setUp();
  const job = await add('b1', {}, 2);
  await vi.waitFor(() => expect(seen).toEqual(['b1', 'b1 again']), 10_000);
  await vi.waitFor(async () => expect(await job.isFailed()).toBe(true), 10_000);
  await job.retry('failed', { resetAttemptsMade: true });
  await vi.waitFor(() => expect(seen).toEqual(['b1', 'b1 again', 'b1 again', 'b1 again']), 10_000);
});

it('counts deliveries by reference that fail for good as dead letters, no part of what waits', async () => {
  const { queue, access } = setUp();
  const share = { output: 'crm', callbacks: [testCallback('x')], state: 'queued', beyond: 'held' } as const;
  await createBodies(access).store({ id: 'b1', batch: 'b1', again: false, compact: false, shares: [share] });
  const backlog = async () => (await readBacklog(access)).get('crm');
  const { bytes = 0 } = (await backlog()) ?? {};
  expect(bytes).toBeGreaterThan(0);
  await queue.add('reference', { v: 2, kind: 'reference', bodies: 'b1' }, { attempts: 2, jobId: 'b1.ref.crm' });
  await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(1), 10_000);
  expect(await backlog()).toMatchObject({ deliveries: 1, bytes: 0, deadBytes: bytes });
});

it('uses up no attempt of a batch while Redis has no room for the jobs of its failed deliveries', async () => {
  const { add, seen, queue } = setUp(new RingbackError('RB_OVERLOADED', 'Redis is nearly full'));
  const job = await add('b1', {}, 1);
  await vi.waitFor(async () => expect(await queue.getDelayedCount()).toBe(1), 10_000);
  await job.changeDelay(0);
  await vi.waitFor(() => expect(seen).toEqual(['b1', 'b1 again']), 10_000);
  await vi.waitFor(async () => expect(await queue.getDelayedCount()).toBe(1), 10_000);
  expect(await queue.getFailedCount()).toBe(0);
  const [waiting] = await queue.getDelayed();
  expect(waiting).toMatchObject({ attemptsMade: 0 });
});

it('stores whose fault it is with what is refused by reference', async () => {
  const { queue, access } = setUp();
  const producer = createDeliveryProducer({ ...access, output: 'crm', delivery, nearlyFull: () => false });
  onTestFinished(() => producer.close());
  await producer.addRefused('b1', { reason: 'HTTP 410', fault: 'theirs' });
  await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(1), 10_000);
  const [job] = await queue.getFailed();
  expect(job?.data).toMatchObject({ refused: 'HTTP 410', fault: 'theirs' });
  expect(job && failureOf(job)).toMatchObject({ attempts: 0, reason: 'HTTP 410', fault: 'theirs' });
});
