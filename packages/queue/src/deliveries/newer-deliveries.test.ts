import { testCallback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { batchJobOptions } from '../bullmq/job-options.ts';
import { createBodies } from './bodies/bodies.ts';
import { consumeDeliveries, type DeliveryHandlers } from './consumer.ts';

const DEADLINE = { timeout: 20_000, interval: 20 };

it('deliveries that a newer Ringback wrote wait for a newer worker, be it the job or the bodies that it names', async () => {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  onTestFinished(() => redis.disconnect());
  const access = { redis, prefix };
  const queue = new Queue('output.crm', { connection: redis, prefix });
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const bodies = createBodies(access);
  const shares = [{ output: 'crm', callbacks: [testCallback('x')], state: 'queued', beyond: 'held' }] as const;
  await bodies.store({ id: 'b1', batch: 'b1', again: false, compact: false, shares });
  const written = String(await access.redis.hget(`${access.prefix}:bodies:b1`, 'bodies'));
  await access.redis.hset(`${access.prefix}:bodies:b1`, 'bodies', written.replace('"v":1', '"v":3'));
  await queue.add('reference', { v: 2, kind: 'reference', bodies: 'b1' }, batchJobOptions('b1.ref.crm'));
  await queue.add('single', { v: 3, kind: 'single', anything: 'new' }, batchJobOptions('s1'));
  const handlers = {
    batch: vi.fn<DeliveryHandlers['batch']>(async () => undefined),
    single: vi.fn<DeliveryHandlers['single']>(),
  };
  const delivery = { retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 5, maxDelay: 20 } };
  const settings = { ...access, concurrency: 2, lockDuration: 2000, output: 'crm', delivery, handlers, logger };
  const consumer = consumeDeliveries(settings);
  onTestFinished(async () => void (await consumer.close(5000)));
  await vi.waitFor(() => expect(consumer.progress()).toBeGreaterThanOrEqual(2 * 4), DEADLINE);
  await vi.waitFor(async () => expect(await queue.getDelayedCount()).toBe(2), DEADLINE);
  const jobs = await queue.getJobs(['delayed', 'waiting', 'active', 'failed']);
  expect(jobs.map(({ attemptsMade, failedReason }) => [attemptsMade, failedReason])).toEqual([
    [0, undefined],
    [0, undefined],
  ]);
  expect([logger.error.mock.calls, handlers.single.mock.calls]).toEqual([[], []]);
  expect(logger.warn.mock.calls).toEqual([
    [expect.objectContaining({ code: 'RB_PAYLOAD_NEWER', version: 3, known: 2 }), 'job left for a newer worker'],
  ]);

  await access.redis.hset(`${access.prefix}:bodies:b1`, 'bodies', written);
  await vi.waitFor(() => expect(handlers.batch).toHaveBeenCalledOnce(), DEADLINE);
}, 180_000);
