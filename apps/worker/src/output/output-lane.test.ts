import { type Callback, callbackKey, type Delivery, type DeliveryResult, type DeliverySettings } from '@ringback/contracts';
import { createLedger } from '@ringback/ledger';
import { testCallback as callback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openOutput } from './output.ts';
import { openLane } from './output-lane.ts';
import { testShard } from '../shard/test-shard.ts';

const DELIVERED: DeliveryResult = { outcome: 'delivered' };
const FAILED: DeliveryResult = { outcome: 'retry', failure: 'error', reason: 'HTTP 500' };
const breaker = { enabled: false, failures: 1, failingFor: 60_000, cooldown: 1, maxHold: 1 };
const retry = { attempts: 3, giveUpAfter: 86_400_000, minDelay: 10, maxDelay: 40 };
const DELIVERY: DeliverySettings = { timeout: 1000, concurrency: 4, retry, breaker, backlog: { over: 'hold' } };

type Deliver = (delivery: Delivery, signal: AbortSignal) => DeliveryResult | Promise<DeliveryResult>;

function setUp(options: { deliver: Deliver; delivery?: Partial<DeliverySettings>; access?: { url: string; prefix: string } }) {
  const { url, prefix } = options.access ?? testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const attempts: Delivery[] = [];
  const stop = new AbortController();
  const ledger = createLedger({ redis, prefix, window: 60_000 });
  const output = {
    name: 'crm',
    async deliver(delivery: Delivery, signal: AbortSignal) {
      attempts.push(delivery);
      return options.deliver(delivery, signal);
    },
  };
  const settings = { name: 'crm', type: 'test', settings: {}, delivery: { ...DELIVERY, ...options.delivery } };
  const access = { redis, prefix, lockDuration: 2000 };
  const rest = { shard: testShard(access), stopping: stop.signal, now: Date.now, logger };
  const lane = openLane({ output: openOutput({ output, settings, ...rest }), access, ledger, ...rest });
  const queue = new Queue('output.crm', { connection: redis, prefix });
  onTestFinished(async () => {
    await lane.close(5000);
    await queue.close();
    redis.disconnect();
  });
  return { lane, queue, attempts, logger, ledger, stop, access: { url, prefix } };
}

/** A batch as it is fanned out the first time. */
const run = (id: string, callbacks: readonly Callback[]) => ({ id, callbacks, again: false });
const ids = (attempts: readonly Delivery[]) => attempts.map((delivery) => delivery.callback.id);
const many = (name: string, count: number) => Array.from({ length: count }, (_, index) => callback(`${name}${index}`));
const failsWith = (queue: Queue, reason: string) =>
  vi.waitFor(async () => expect((await queue.getFailed()).map(({ failedReason }) => failedReason)).toEqual([reason]), 60_000);
const noJobLeft = (queue: Queue) =>
  vi.waitFor(
    async () => expect(await queue.getJobCounts('active', 'waiting', 'delayed')).toEqual({ active: 0, waiting: 0, delayed: 0 }),
    60_000,
  );

describe('an output lane', () => {
  it('attempts the deliveries of a batch side by side, within the concurrency', async () => {
    let running = 0;
    let most = 0;
    const deliver = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return DELIVERED;
    };
    const { lane, attempts, queue } = setUp({ deliver });
    await lane.producer.addBatch(run('b1', many('r', 20)));
    await lane.producer.addBatch(run('b2', many('s', 20)));
    await vi.waitFor(() => expect(attempts).toHaveLength(40), 10_000);
    await noJobLeft(queue);
    expect(most).toBe(4);
    expect(await queue.getJobCounts('completed', 'failed')).toEqual({ completed: 0, failed: 0 });
  });

  it('tries again what failed, alone, under the same idempotency key, and keeps no dead letter of what arrives in the end', async () => {
    const deliver: Deliver = ({ callback: { id }, attempt }) => (id === 'x' && attempt < 3 ? FAILED : DELIVERED);
    const { lane, attempts, queue } = setUp({ deliver });
    await lane.producer.addBatch(run('b1', [callback('x'), callback('y')]));
    await vi.waitFor(() => expect(attempts).toHaveLength(4), 10_000);
    await noJobLeft(queue);
    expect(attempts.map(({ callback: { id }, attempt }) => `${id} ${attempt}`).toSorted()).toEqual(['x 1', 'x 2', 'x 3', 'y 1']);
    expect(new Set(attempts.filter(({ callback: { id } }) => id === 'x').map(({ idempotencyKey }) => idempotencyKey)).size).toBe(
      1,
    );
    expect(await queue.getFailedCount()).toBe(0);
  });

  it('keeps a delivery whose attempts are used up as a dead letter that says why', async () => {
    const { lane, attempts, queue, ledger } = setUp({ deliver: () => FAILED });
    await lane.producer.addBatch(run('b1', [callback('x')]));
    await failsWith(queue, 'given up after 3 attempts: HTTP 500');
    const [dead] = await queue.getFailed();
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(dead?.data).toMatchObject({ callback: callback('x') });
    expect(await ledger.outcomes({ batch: 'b1', output: 'crm' }, [callbackKey(callback('x'))])).toEqual(['dead']);
  });

  it('keeps what the destination refuses for good as a dead letter after one attempt', async () => {
    const { lane, attempts, queue } = setUp({ deliver: () => ({ outcome: 'dead', reason: 'HTTP 410' }) });
    await lane.producer.addBatch(run('b1', [callback('x')]));
    await failsWith(queue, 'HTTP 410');
    expect(attempts).toHaveLength(1);
  });

  it('tries nothing again when one attempt is all there is', async () => {
    const { lane, attempts, queue } = setUp({ deliver: () => FAILED, delivery: { retry: { ...retry, attempts: 1 } } });
    await lane.producer.addBatch(run('b1', [callback('x')]));
    await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(1), 10_000);
    expect(attempts).toHaveLength(1);
  });

  it('treats a bug in an output as a failed attempt, and logs only its stack', async () => {
    const { lane, queue, logger } = setUp({
      deliver: () => {
        throw new TypeError('oops');
      },
    });
    await lane.producer.addBatch(run('b1', [callback('x')]));
    await failsWith(queue, 'RB_INTERNAL: given up after 3 attempts: internal error');
    const line = expect.objectContaining({ code: 'RB_INTERNAL', output: 'crm' });
    expect(logger.error).toHaveBeenCalledWith(line, expect.any(String));
  });

  it('delivers nothing twice when a batch is run again, whether its job still exists or not', async () => {
    const { lane, attempts, queue } = setUp({
      deliver: ({ callback: { id } }) => (id === 'bad' ? { outcome: 'dead', reason: 'HTTP 400' } : DELIVERED),
    });
    const batch = [callback('x'), callback('bad'), callback('y')];
    await Promise.all([lane.producer.addBatch(run('b1', batch)), lane.producer.addBatch(run('b1', batch))]);
    await vi.waitFor(() => expect(attempts).toHaveLength(3), 10_000);
    await noJobLeft(queue);
    await lane.producer.addBatch({ ...run('b1', batch), again: true });
    await noJobLeft(queue);
    expect(ids(attempts).toSorted()).toEqual(['bad', 'x', 'y']);
  });

  it('does not deliver again what a retry has delivered just before it was cut off', async () => {
    const { lane, attempts, queue, ledger } = setUp({ deliver: () => DELIVERED });
    await ledger.record('crm', [{ batch: 'b1', key: callbackKey(callback('x')), outcome: 'delivered' }]);
    const failed = { batch: 'b1', spent: { attempts: 1, uncounted: 0 }, outcome: 'retry', fault: 'theirs', waitMs: 10 } as const;
    for (const id of ['x', 'y']) await lane.producer.addFailed({ ...failed, callback: callback(id) });
    await vi.waitFor(() => expect(attempts).toHaveLength(1), 10_000);
    await noJobLeft(queue);
    expect(ids(attempts)).toEqual(['y']);
  });

  it('lets a rate limit count deliveries, not batches', async () => {
    const { lane, attempts, queue } = setUp({ deliver: () => DELIVERED, delivery: { rateLimit: { max: 2, per: 60_000 } } });
    await lane.producer.addBatch(run('b1', many('x', 5)));
    await vi.waitFor(() => expect(attempts).toHaveLength(2), 10_000);
    expect(await queue.getWaitingCount()).toBe(3);
  });

  it('ends the attempts under way when it is to stop, begins no other, and hands the rest to the next worker', async () => {
    const waiting: (() => void)[] = [];
    const deliver = () =>
      new Promise<DeliveryResult>((resolve) => {
        waiting.push(() => resolve(DELIVERED));
      });
    const first = setUp({ deliver });
    const all = many('r', 10);
    await first.lane.producer.addBatch(run('b1', all));
    await vi.waitFor(() => expect(waiting).toHaveLength(4), 10_000);
    first.stop.abort();
    const closed = first.lane.close(5000);
    for (const finish of waiting) finish();
    expect(await closed).toBe(true);
    expect(first.attempts).toHaveLength(4);
    // Handed back, not failed: it waits for nothing, and has lost no attempt.
    expect(await first.queue.getJobCounts('waiting', 'delayed')).toEqual({ waiting: 1, delayed: 0 });

    const second = setUp({ deliver: () => DELIVERED, access: first.access });
    await vi.waitFor(() => expect(second.attempts).toHaveLength(6), 10_000);
    expect([...ids(first.attempts), ...ids(second.attempts)].toSorted()).toEqual(all.map(({ id }) => id).toSorted());
  });

  it('gives an attempt a signal that ends it in time', async () => {
    const deliver: Deliver = (_delivery, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve({ outcome: 'dead', reason: 'timeout' }));
      });
    const { lane, attempts, queue } = setUp({ deliver, delivery: { timeout: 50 } });
    await lane.producer.addBatch(run('b1', [callback('x')]));
    await failsWith(queue, 'timeout');
    expect(attempts).toHaveLength(1);
  });

  it('sets a job aside that is not a payload of ours, and goes on', async () => {
    const { lane, queue, attempts, logger } = setUp({ deliver: () => DELIVERED });
    await queue.add('batch', { v: 1, kind: 'batch', groups: [{ callbacks: [{ id: 1 }] }] });
    await lane.producer.addBatch(run('b1', [callback('x')]));
    await vi.waitFor(() => expect(attempts).toHaveLength(1), 10_000);
    await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(1), 10_000);
    const line = { code: 'RB_PAYLOAD_INVALID', queue: 'output.crm' };
    expect(logger.error).toHaveBeenCalledWith(expect.objectContaining(line), 'job set aside');
  });
});
