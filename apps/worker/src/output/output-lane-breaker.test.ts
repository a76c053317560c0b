import {
  type Callback,
  callbackKey,
  type Delivery,
  type DeliveryResult,
  type DeliverySettings,
  type Output,
} from '@ringback/contracts';
import { createLedger } from '@ringback/ledger';
import { testCallback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openOutput } from './output.ts';
import { type Lane, openLane } from './output-lane.ts';
import { testShard } from '../shard/test-shard.ts';

const DELIVERY: DeliverySettings = {
  backlog: { over: 'hold' },
  timeout: 1000,
  concurrency: 4,
  retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 5, maxDelay: 20 },
  breaker: { enabled: true, failures: 5, failingFor: 60_000, cooldown: 20, maxHold: 60_000 },
};

type Options = { breaker?: Partial<DeliverySettings['breaker']>; retry?: Partial<DeliverySettings['retry']> };

function setUp(changed: Options = {}) {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const { output, attempts, destination } = createDestination();
  const ledger = createLedger({ redis, prefix, window: 60_000 });
  const common = { now: Date.now, logger };
  const settings = { name: 'crm', type: 'test', settings: {}, delivery: deliveryWith(changed) };
  const lanes: Lane[] = [];
  /** As a worker does that starts. */
  function open(): Lane {
    const lane = openLane({
      ...common,
      output: openOutput({ ...common, output, settings }),
      access: { redis, prefix, lockDuration: 2000 },
      ledger,
      shard: testShard({ redis, prefix }),
      stopping: new AbortController().signal,
    });
    lanes.push(lane);
    return lane;
  }
  const queue = new Queue('output.crm', { connection: redis, prefix });
  onTestFinished(async () => {
    await Promise.all(lanes.map((one) => one.close(5000)));
    await queue.close();
    redis.disconnect();
  });
  return { lane: open(), open, queue, attempts, destination, ledger, logger };
}

function createDestination() {
  const attempts: Delivery[] = [];
  const destination = { answer: { outcome: 'delivered' } as DeliveryResult };
  const output: Output = {
    name: 'crm',
    deliver(delivery) {
      attempts.push(delivery);
      return Promise.resolve(destination.answer);
    },
  };
  return { output, attempts, destination };
}

const deliveryWith = ({ breaker, retry }: Options): DeliverySettings => ({
  ...DELIVERY,
  breaker: { ...DELIVERY.breaker, ...breaker },
  retry: { ...DELIVERY.retry, ...retry },
});

/** A batch as it is fanned out the first time. */
const run = (id: string, those: readonly Callback[]) => ({ id, callbacks: those, again: false });
const callbacks = (count: number) => Array.from({ length: count }, (_, index) => testCallback(`r${index}`));

describe('an output whose destination is down', () => {
  it('gets everything in the end, even after far more probes than a delivery has attempts', async () => {
    const { lane, queue, attempts, destination, ledger, logger } = setUp();
    destination.answer = { outcome: 'retry', failure: 'unavailable', reason: 'connection refused' };
    const all = callbacks(200);
    for (let from = 0; from < 200; from += 50) await lane.producer.addBatch(run(`b${from}`, all.slice(from, from + 50)));
    await vi.waitFor(() => expect(attempts.length).toBeGreaterThan(30), 15_000);

    destination.answer = { outcome: 'delivered' };
    const outcomesOf = (from: number) =>
      ledger.outcomes({ batch: `b${from}`, output: 'crm' }, all.slice(from, from + 50).map(callbackKey));
    await vi.waitFor(async () => {
      const outcomes = await Promise.all([0, 50, 100, 150].map(outcomesOf));
      expect(new Set(outcomes.flat())).toEqual(new Set(['delivered']));
    }, 60_000);
    // One by one while it was down, but for those that were under way when it opened.
    const probes = logger.info.mock.calls.flatMap(([line]) => line.probes ?? [])[0];
    expect(attempts.length).toBeLessThan(5 + 4 + probes + 200);
    expect(await queue.getFailedCount()).toBe(0);
    expect(Math.max(...attempts.map(({ attempt }) => attempt))).toBeLessThanOrEqual(3);
  });

  it('uses up no attempt of a delivery by a probe, even if it is the only one', async () => {
    const { lane, queue, attempts, destination } = setUp({ breaker: { failures: 2 } });
    destination.answer = { outcome: 'retry', failure: 'unavailable', reason: 'HTTP 502' };
    await lane.producer.addBatch(run('b1', callbacks(1)));
    await vi.waitFor(() => expect(attempts.length).toBeGreaterThan(8), 10_000);
    expect(await queue.getFailedCount()).toBe(0);
    destination.answer = { outcome: 'delivered' };
    await vi.waitFor(
      async () =>
        expect(await queue.getJobCounts('active', 'waiting', 'delayed', 'failed')).toEqual({
          active: 0,
          waiting: 0,
          delayed: 0,
          failed: 0,
        }),
      60_000,
    );
  });

  it('probes with one delivery after the other, so that none stands in the way of the rest', async () => {
    const { lane, queue, attempts, destination } = setUp({ breaker: { failures: 1 } });
    destination.answer = { outcome: 'retry', failure: 'error', reason: 'HTTP 500' };
    await lane.producer.addBatch(run('b1', callbacks(3)));
    await vi.waitFor(() => expect(new Set(attempts.map(({ callback }) => callback.id)).size).toBe(3), 10_000);
    destination.answer = { outcome: 'delivered' };
    await vi.waitFor(async () => expect(await queue.getJobCountByTypes('active', 'waiting', 'delayed')).toBe(0), 10_000);
  });

  it('is tried again soon by the next worker, however many probes failed at this one', async () => {
    const hour = 3_600_000;
    const { lane, queue, attempts, destination, open } = setUp({ breaker: { failures: 2 }, retry: { maxDelay: hour } });
    destination.answer = { outcome: 'retry', failure: 'unavailable', reason: 'connection refused' };
    await lane.producer.addBatch(run('b1', callbacks(1)));
    await vi.waitFor(() => expect(attempts.length).toBeGreaterThan(25), 20_000);
    await lane.close(5000);
    const made = attempts.length;
    open();
    await vi.waitFor(async () => {
      expect(attempts.length).toBeGreaterThan(made);
      expect(await queue.getDelayedCount()).toBe(1);
    }, 20_000);
    const [job] = await queue.getDelayed();
    expect(job?.delay).toBeLessThanOrEqual(60_000);
  });

  it('is paused for as long as its Retry-After asks, and its deliveries wait in the queue', async () => {
    const { lane, queue, attempts, destination } = setUp();
    destination.answer = { outcome: 'retry', failure: 'unavailable', reason: 'HTTP 429', afterMs: 60_000 };
    await lane.producer.addBatch(run('b1', callbacks(1)));
    await vi.waitFor(async () => expect(await queue.getDelayedCount()).toBe(1), 10_000);
    destination.answer = { outcome: 'delivered' };
    const taken = lane.watched?.progress() ?? 0;
    for (const batch of ['b2', 'b3', 'b4', 'b5', 'b6']) await lane.producer.addBatch(run(batch, callbacks(20).slice(1)));
    await vi.waitFor(
      async () => expect(await queue.getJobCounts('active', 'waiting')).toEqual({ active: 0, waiting: 5 }),
      60_000,
    );
    // BullMQ may still take the one job for which it was listening when it was held: it is given back.
    expect((lane.watched?.progress() ?? 0) - taken).toBeLessThanOrEqual(2);
    expect(attempts).toHaveLength(1);
    expect(await lane.watched?.workWaits()).toBe(false);
  });
});
