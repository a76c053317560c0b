import { groupCallbacks, RingbackError } from '@ringback/contracts';
import { testCallback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createBodies } from './bodies/bodies.ts';
import { consumeDeliveries, type DiedDeliveries } from './consumer.ts';

const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const delivery = { retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 1, maxDelay: 1 } };

/** A consumer whose runs all break for good, and the deliveries that it said died. */
function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const died: DiedDeliveries[] = [];
  const broken = async () => {
    throw new RingbackError('RB_PAYLOAD_INVALID', 'broken');
  };
  const handlers = { single: broken, batch: broken, died: async (one: DiedDeliveries) => void died.push(one) };
  const access = { redis, prefix, concurrency: 1, lockDuration: 2000 };
  const consumer = consumeDeliveries({ ...access, output: 'crm', delivery, handlers, logger });
  const queue = new Queue('output.crm', { connection: redis, prefix });
  onTestFinished(async () => {
    await consumer.close(5000);
    await queue.close();
    redis.disconnect();
  });
  const told = async (jobs: number) => {
    await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(jobs), 10_000);
    await vi.waitFor(() => expect(died).toHaveLength(jobs), 10_000);
    return died;
  };
  return { queue, told, died, redis, bodies: createBodies({ redis, prefix }), prefix };
}

const why = { reason: 'RB_PAYLOAD_INVALID: broken', fault: 'ours', code: 'RB_PAYLOAD_INVALID' } as const;
const named = { callbacks: [{ id: 'x', receivedAt: testCallback('x').receivedAt }] };

it('tells which deliveries died with a job that broke for good, whatever kind it is', async () => {
  const { queue, told, bodies } = setUp();
  const groups = groupCallbacks([testCallback('x')]);
  await queue.add('batch', { v: 1, kind: 'batch', batch: 'b1', groups });
  expect(await told(1)).toMatchObject([{ batch: 'b1', alone: false, ...named, ...why }]);
  const single = { v: 1, kind: 'single', batch: 'b2', callback: testCallback('x'), priorAttempts: 0 };
  await queue.add('single', single);
  expect((await told(2))[1]).toMatchObject({ batch: 'b2', alone: true, ...named, ...why });
  const share = { output: 'crm', callbacks: [testCallback('x')], state: 'queued', beyond: 'held' } as const;
  await bodies.store({ id: 'b3', batch: 'b3', again: false, compact: false, shares: [share] });
  await queue.add('reference', { v: 2, kind: 'reference', bodies: 'b3' });
  expect((await told(3))[2]).toMatchObject({ batch: 'b3', alone: false, ...named, ...why });
});

it('tells what a job that is no payload of ours still names', async () => {
  const { queue, told } = setUp();
  const invalid = { reason: 'RB_PAYLOAD_INVALID: not a payload of ours', fault: 'ours', code: 'RB_PAYLOAD_INVALID' };
  const { body: _personal, time: _time, ...known } = { ...testCallback('x'), traceparent: '00-a', tracestate: 'v=1' };
  await queue.add('single', { v: 1, kind: 'single', batch: 'b1', callback: { ...known, body: 7 } });
  expect(await told(1)).toEqual([{ batch: 'b1', alone: true, callbacks: [known], ...invalid }]);
  const { tracestate: _damaged, ...rest } = known;
  const groups = groupCallbacks([{ ...testCallback('x'), traceparent: '00-a' }]).map((group) => ({
    ...group,
    callbacks: group.callbacks.map((callback) => ({ ...callback, tracestate: 7 })),
  }));
  await queue.add('batch', { v: 1, kind: 'batch', batch: 'b2', again: 'perhaps', groups });
  expect((await told(2))[1]).toEqual({ batch: 'b2', alone: false, callbacks: [rest], ...invalid });
});

it('says nothing of what it cannot name, and sets it aside all the same', async () => {
  const { queue, died, redis, bodies, prefix } = setUp();
  const share = { output: 'crm', callbacks: [testCallback('x')], state: 'queued', beyond: 'held' } as const;
  await bodies.store({ id: 'b1', batch: 'b1', again: false, compact: false, shares: [share] });
  await redis.hdel(`${prefix}:bodies:b1`, 'bodies');
  await queue.add('reference', { v: 2, kind: 'reference', bodies: 'b1' });
  await queue.add('single', { foreign: true });
  await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(2), 10_000);
  expect(died).toEqual([]);
});
