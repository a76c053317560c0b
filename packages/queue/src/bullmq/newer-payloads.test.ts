import { CallbackBatch, DeliveryPayload, groupCallbacks } from '@ringback/contracts';
import { testCallback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { type TSchema, Type } from 'typebox';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createConsumer } from './consumer.ts';
import { batchJobOptions } from './job-options.ts';
import { CALLBACKS } from './names.ts';
import { newerThan } from './newer-payloads.ts';
import { workerOptions } from './queue-options.ts';

const DEADLINE = { timeout: 20_000, interval: 20 };

function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue(CALLBACKS, { connection: redis, prefix });
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const startWorker = (schema: TSchema) => {
    const taken: unknown[] = [];
    const consumer = createConsumer({
      queue: CALLBACKS,
      schema,
      handle: async (payload) => void taken.push(payload),
      options: workerOptions({ redis, prefix, concurrency: 1, lockDuration: 2000 }),
      logger,
    });
    onTestFinished(async () => void (await consumer.close(5000)));
    return { taken, consumer };
  };
  onTestFinished(() => redis.disconnect());
  return { queue, logger, startWorker };
}

it('a payload of a newer Ringback waits for a newer worker: it costs no attempt, is never set aside, and is said once', async () => {
  const { queue, logger, startWorker } = setUp();
  const newer = [1, 2, 3].map((n) => ({ v: 99, kind: 'unheard of', n }));
  for (const [index, data] of newer.entries()) await queue.add('batch', data, batchJobOptions(`b${index}`));
  const ours = { v: 1, groups: groupCallbacks([testCallback('x')]) };
  await queue.add('batch', ours, batchJobOptions('ours'));
  const old = startWorker(CallbackBatch);
  await vi.waitFor(() => expect(old.taken).toEqual([ours]), DEADLINE);
  await vi.waitFor(async () => expect(await queue.getDelayedCount()).toBe(3), DEADLINE);
  // Each again, after its wait.
  await vi.waitFor(() => expect(old.consumer.progress()).toBeGreaterThanOrEqual(2 * (4 + 3)), DEADLINE);
  expect([await queue.getFailedCount(), logger.error.mock.calls]).toEqual([0, []]);
  expect(logger.warn.mock.calls).toEqual([
    [expect.objectContaining({ code: 'RB_PAYLOAD_NEWER', version: 99, queue: CALLBACKS }), 'job left for a newer worker'],
  ]);
  const jobs = await queue.getJobs(['delayed', 'waiting', 'active']);
  expect(jobs.map(({ attemptsMade }) => attemptsMade)).toEqual([0, 0, 0]);

  await old.consumer.close(5000);
  const next = startWorker(Type.Object({ v: Type.Literal(99), n: Type.Integer() }));
  await vi.waitFor(() => expect(next.taken).toEqual(expect.arrayContaining(newer)), DEADLINE);
}, 180_000);

it('what names no version is no payload of ours', async () => {
  const { queue, logger, startWorker } = setUp();
  await queue.addBulk([{}, { v: '2' }, { v: 1.5 }, { v: 0 }, { v: 1 }].map((data) => ({ name: 'batch', data })));
  startWorker(CallbackBatch);
  await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(5), DEADLINE);
  expect(logger.warn).not.toHaveBeenCalled();
});

it('what is newer is told by kind', () => {
  const of = (schema: TSchema, ...payloads: object[]) => payloads.map((data) => newerThan(schema, data));
  const kinds = [
    { v: 3, kind: 'single' },
    { v: 2, kind: 'batch' },
    { v: 3, kind: 'reference' },
    // What no kind of ours is must be beyond all of ours.
    { v: 3, kind: 'unheard of' },
    { v: 3 },
  ];
  expect(of(DeliveryPayload, ...kinds)).toEqual([
    { version: 3, known: 2 },
    { version: 2, known: 1 },
    { version: 3, known: 2 },
    { version: 3, known: 2 },
    { version: 3, known: 2 },
  ]);
  const broken = [{ v: 2, kind: 'single' }, { v: 2, kind: 'reference' }, { v: 2, kind: 'unheard of' }, { v: 2 }, { v: '9' }];
  expect(of(DeliveryPayload, ...broken)).toEqual(broken.map(() => undefined));
  expect(of(CallbackBatch, { v: 1 }, { v: 2 }, { v: 2, kind: 'unheard of' })).toEqual([
    undefined,
    { version: 2, known: 1 },
    { version: 2, known: 1 },
  ]);
});
