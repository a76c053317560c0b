import { type Callback, callbackKey, type Delivery, type DeliveryResult, type DeliverySettings } from '@ringback/contracts';
import { createLedger } from '@ringback/ledger';
import { createQuarantine, createRouteCounts, createUnroutedQuarantine } from '@ringback/queue';
import { createRouter } from '@ringback/routing';
import { testCallback as callback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createDispatch } from '../dispatch/dispatch.ts';
import { createFanOut } from '../dispatch/fan-out.ts';
import { openOutput } from './output.ts';
import { openLane } from './output-lane.ts';
import { testShard } from '../shard/test-shard.ts';

const DELIVERED: DeliveryResult = { outcome: 'delivered' };
const breaker = { enabled: false, failures: 1, failingFor: 60_000, cooldown: 1, maxHold: 1 };
// No retry comes while a test looks.
const retry = { attempts: 3, giveUpAfter: 86_400_000, minDelay: 600_000, maxDelay: 600_000 };
const DELIVERY: DeliverySettings = { timeout: 1000, concurrency: 4, retry, breaker, backlog: { over: 'hold' } };

/** The lane of an output that takes everything. */
function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const delivered: string[] = [];
  const deliver = async ({ callback: { id } }: Delivery) => {
    delivered.push(id);
    return DELIVERED;
  };
  const settings = { name: 'crm', type: 'test', settings: {}, delivery: DELIVERY };
  const access = { redis, prefix, lockDuration: 2000 };
  const rest = { shard: testShard(access), stopping: new AbortController().signal, now: Date.now, logger };
  const ledger = createLedger({ redis, prefix, window: 60_000 });
  const lane = openLane({ output: openOutput({ output: { name: 'crm', deliver }, settings, ...rest }), access, ledger, ...rest });
  const queue = new Queue('output.crm', { connection: redis, prefix });
  onTestFinished(async () => {
    await lane.close(5000);
    await queue.close();
    redis.disconnect();
  });
  const idle = () =>
    vi.waitFor(async () => expect(await queue.getJobCounts('active', 'waiting')).toEqual({ active: 0, waiting: 0 }), 10_000);
  const dispatchSince = (began: number) =>
    createDispatch({
      nearlyFull: () => false,
      ledger,
      claims: ledger,
      router: createRouter({ routes: [{ to: ['crm'] }] }),
      fanOut: createFanOut({
        targets: new Map([['crm', lane]]),
        logger,
      }),
      quarantine: createQuarantine({ redis, prefix, bounds: { maxCount: 10, maxSize: 1000 } }),
      unroutedQuarantine: createUnroutedQuarantine({ redis, prefix, bounds: { maxCount: 10, maxSize: 1000 } }),
      counts: createRouteCounts(access),
      businessKeyOf: () => undefined,
      now: () => began,
      logger,
    });
  return { lane, queue, delivered, idle, ledger, dispatchSince };
}

const run = (callbacks: readonly Callback[]) => ({ id: 'b1', callbacks, again: false });

describe('a batch that two workers had', () => {
  it('delivers nothing twice when the one that stood still queues late what the other has delivered', async () => {
    const { delivered, idle, ledger, dispatchSince } = setUp();
    await ledger.record('crm', [{ batch: 'b1', key: callbackKey(callback('x')), outcome: 'delivered' }]);
    // The claims are its own, as they were when it asked.
    await dispatchSince(Date.now() - 10_000)({ id: 'b1', callbacks: [callback('x'), callback('y')] });
    await vi.waitFor(() => expect(delivered).toContain('y'), 10_000);
    await idle();
    expect(delivered).toEqual(['y']);
  });

  it('makes no dead letter when the one that stood still is refused what the other has delivered', async () => {
    const { lane, queue, idle, ledger } = setUp();
    await ledger.record('crm', [{ batch: 'b1', key: callbackKey(callback('x')), outcome: 'delivered' }]);
    const refused = {
      batch: 'b1',
      spent: { attempts: 1, uncounted: 0 },
      outcome: 'dead',
      reason: 'HTTP 400',
      fault: 'theirs',
    } as const;
    await lane.producer.addFailed({ ...refused, callback: callback('x') });
    await lane.producer.addFailed({ ...refused, callback: callback('y') });
    await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(1), 10_000);
    await idle();
    expect((await queue.getFailed()).map(({ data }: { data: { callback?: Callback } }) => data.callback?.id)).toEqual(['y']);
    expect((await queue.getFailed()).map(({ failedReason }) => failedReason)).toEqual(['HTTP 400']);
  });

  it('leaves a delivery to its retry when it is run again after the retry was queued and before that was written down', async () => {
    const { lane, queue, delivered, idle } = setUp();
    await lane.producer.addFailed({
      batch: 'b1',
      callback: callback('x'),
      spent: { attempts: 1, uncounted: 0 },
      outcome: 'retry',
      fault: 'theirs',
      waitMs: 600_000,
    });
    await lane.producer.addBatch({ ...run([callback('x'), callback('y')]), again: true });
    await vi.waitFor(() => expect(delivered).toContain('y'), 10_000);
    await idle();
    expect(delivered).toEqual(['y']);
    expect(await queue.getDelayedCount()).toBe(1);
  });
});
