import { callbackKey } from '@ringback/contracts';
import { testCallback, testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createBodies } from './bodies/bodies.ts';
import { consumeDeliveries } from './consumer.ts';
import { findDelivery } from './find-delivery.ts';
import { createDeliveryProducer } from './producer.ts';

const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const delivery = { retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 60_000, maxDelay: 60_000 } };
const [one, two] = [testCallback('1'), testCallback('2')];

function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const access = { redis, prefix };
  const producer = createDeliveryProducer({ ...access, output: 'crm', delivery, nearlyFull: () => false });
  onTestFinished(async () => {
    await producer.close();
    redis.disconnect();
  });
  const find = (batch: string, callback = one, output = 'crm') =>
    findDelivery(access, { batch, key: callbackKey(callback), output });
  return { access, producer, bodies: createBodies(access), find };
}

it('a delivery is found in a job with others, in one that names stored bodies, and among what is held', async () => {
  const { producer, bodies, find } = setUp();
  await producer.addBatch({ id: 'b1', callbacks: [one, two], again: false });
  expect(await find('b1', two)).toEqual({ at: 'waiting', callback: two, attempts: 0 });
  const shares = [
    { output: 'crm', callbacks: [one], state: 'queued', beyond: 'held' },
    { output: 'log', callbacks: [two], state: 'held', beyond: 'held' },
  ] as const;
  await bodies.store({ id: 'b2', batch: 'b2', again: false, compact: true, shares });
  await producer.addReferences(['b2']);
  expect(await find('b2')).toMatchObject({ at: 'waiting', callback: one });
  expect(await find('b2', two)).toBeUndefined();
  expect(await find('b2', two, 'log')).toEqual({ at: 'held', callback: two, attempts: 0 });
  await bodies.store({ id: 'b3.part', batch: 'b3', again: true, compact: true, shares: [{ ...shares[1], callbacks: [one] }] });
  expect(await find('b3', one, 'log')).toMatchObject({ at: 'held' });
  await bodies.store({ id: 'b5.part', batch: 'b5', again: true, compact: true, shares: [shares[0]] });
  await producer.addReferences(['b5.part']);
  expect(await find('b5')).toEqual({ at: 'waiting', callback: one, attempts: 0 });
  expect(await find('b4')).toBeUndefined();
});

it('a retry tells its attempts, the last reason and when the next one is due, and a dead letter since when it is one', async () => {
  const { access, producer, find } = setUp();
  const spent = { attempts: 2, uncounted: 1, failingSince: 1000 };
  await producer.addFailed({ batch: 'b1', callback: one, outcome: 'retry', spent, waitMs: 60_000, fault: 'theirs' });
  const later = await find('b1');
  expect(later).toMatchObject({ at: 'later', attempts: 3, fault: 'theirs' });
  expect(Math.abs((later?.nextAt ?? 0) - Date.now() - 60_000)).toBeLessThan(30_000);
  const dead = { outcome: 'dead', reason: 'HTTP 410', fault: 'theirs', spent } as const;
  await producer.addFailed({ batch: 'b2', callback: two, ...dead });
  const handlers = { single: async () => ({ ...dead, spent }), batch: async () => {} };
  const consumer = consumeDeliveries({
    ...access,
    concurrency: 1,
    lockDuration: 5000,
    output: 'crm',
    delivery,
    handlers,
    logger,
  });
  onTestFinished(async () => void (await consumer.close(5000)));
  await vi.waitFor(async () => {
    const found = await find('b2', two);
    expect(found).toMatchObject({ at: 'dead letter', attempts: 3, reason: 'HTTP 410', since: expect.any(Number) });
  }, 10_000);
});
