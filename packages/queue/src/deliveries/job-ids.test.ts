import type { Callback } from '@ringback/contracts';
import { testCallback as callback, testRedis } from '@ringback/testkit';
import { type Job, Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { consumeDeliveries, type DeliveryHandlers } from './consumer.ts';
import { createDeliveryProducer } from './producer.ts';

const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const refused = { outcome: 'dead', reason: 'HTTP 410', fault: 'theirs', spent: { attempts: 1, uncounted: 0 } } as const;

function setUp({ rateLimit }: { rateLimit?: { max: number; per: number } } = {}) {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const access = { redis, prefix };
  const delivery = { retry: { attempts: 1, giveUpAfter: 86_400_000, minDelay: 1, maxDelay: 1 }, ...(rateLimit && { rateLimit }) };
  const queue = new Queue('output.crm', { connection: redis, prefix });
  onTestFinished(() => queue.close());
  onTestFinished(() => redis.disconnect());
  const producer = createDeliveryProducer({ ...access, output: 'crm', delivery, nearlyFull: () => false });
  onTestFinished(() => producer.close());
  /** Lets a worker refuse all that waits. */
  async function refuseAll(dead: number): Promise<Job[]> {
    const batch: DeliveryHandlers['batch'] = async () => {};
    const settings = { ...access, concurrency: 4, lockDuration: 2000, output: 'crm', delivery };
    const consumer = consumeDeliveries({ ...settings, handlers: { single: async () => refused, batch }, logger });
    await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(dead), { timeout: 10_000, interval: 10 });
    await consumer.close(5000);
    return queue.getFailed();
  }
  return { producer, queue, refuseAll };
}

const batchesOf = (jobs: readonly Job[]) => jobs.map(({ data }) => (data as { batch: string }).batch).toSorted();
const requestIDs = (jobs: readonly Job[]) =>
  jobs
    .flatMap(({ data }) => (data as { groups: { callbacks: Callback[] }[] }).groups.flatMap(({ callbacks }) => callbacks))
    .map(({ id }) => id)
    .toSorted();

describe('a callback that comes again after the dedupe window', () => {
  it('is tried again, and becomes a dead letter of its own, beside that of its first run', async () => {
    const { producer, refuseAll } = setUp();
    await producer.addFailed({ batch: 'b1', callback: callback('x'), ...refused });
    await refuseAll(1);
    await producer.addFailed({ batch: 'b2', callback: callback('x'), ...refused });
    expect(batchesOf(await refuseAll(2))).toEqual(['b1', 'b2']);
  });

  it('is attempted under a rate limit too, though a dead letter of its first run is there', async () => {
    const { producer, refuseAll } = setUp({ rateLimit: { max: 100, per: 1000 } });
    await producer.addBatch({ id: 'b1', callbacks: [callback('x')], again: false });
    await refuseAll(1);
    await producer.addBatch({ id: 'b2', callbacks: [callback('x')], again: false });
    expect(batchesOf(await refuseAll(2))).toEqual(['b1', 'b2']);
  });
});

describe('an add under an id that exists', () => {
  it('changes nothing when a batch is run again', async () => {
    const { producer, queue } = setUp();
    const batch = { id: 'b1', callbacks: [callback('x'), callback('y')] };
    await producer.addBatch({ ...batch, again: false });
    await producer.addBatch({ ...batch, again: true });
    expect(requestIDs(await queue.getWaiting())).toEqual(['x', 'y']);
  });

  it('is an error where it is other work', async () => {
    const { producer, queue } = setUp();
    await producer.addFailed({ batch: 'b1', callback: callback('x'), ...refused });
    const [job] = await queue.getWaiting();
    await job?.updateData({ v: 1, kind: 'single', batch: 'b0', callback: callback('x'), priorAttempts: 0 });
    await expect(producer.addFailed({ batch: 'b1', callback: callback('x'), ...refused })).rejects.toMatchObject({
      code: 'RB_JOB_ID_TAKEN',
    });
  });
});
