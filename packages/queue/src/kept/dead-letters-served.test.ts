import { testCallback as callback, testRedis } from '@ringback/testkit';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { heldKey } from '../deliveries/bodies/keys.ts';
import { noteOutputs } from '../deliveries/known-outputs.ts';
import { createDeliveryProducer } from '../deliveries/producer.ts';
import { openDeadLetters } from './dead-letters.ts';
import type { Kept } from './kept.ts';

const delivery = { retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 1, maxDelay: 1 } };

/** The dead letters by settings that lack the output `slow`, which workers have had. */
async function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const access = { redis, prefix };
  const served = new Set<string>();
  await noteOutputs(access, ['slow']);
  const producer = createDeliveryProducer({ ...access, nearlyFull: () => false, output: 'slow', delivery });
  const queue = new Queue('output.slow', { connection: redis, prefix });
  const store = await openDeadLetters({ ...access, outputs: [], served: async (output) => served.has(output) });
  onTestFinished(async () => {
    await Promise.all([producer.close(), queue.close(), store.close()]);
    redis.disconnect();
  });
  async function found(): Promise<Kept[]> {
    const all: Kept[] = [];
    for await (const kept of store.find({})) all.push(kept);
    return all;
  }
  async function oneFails() {
    await producer.addBatch({ id: 'b1', callbacks: [callback('x')], again: false });
    const fail = async () => {
      throw new Error('broken');
    };
    const worker = new Worker('output.slow', fail, { connection: redis, prefix, settings: { backoffStrategy: () => -1 } });
    await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(1), { timeout: 10_000, interval: 10 });
    await worker.close();
  }
  return { access, producer, queue, store, served, found, oneFails };
}

it('only what failed is a dead letter while a running worker serves an output that the settings lack', async () => {
  const { producer, queue, store, served, found, oneFails } = await setUp();
  await oneFails();
  await producer.addBatch({ id: 'b2', callbacks: [callback('y')], again: false });
  const waiting = (await found()).find(({ reason }) => reason.startsWith('RB_OUTPUT_REMOVED'));
  // Its worker comes up between the listing and the purge.
  served.add('slow');
  expect(waiting && (await store.purge(waiting))).toMatch(/^RB_OUTPUT_IN_USE: /);
  expect(waiting && (await store.replay(waiting))).toBe('no longer there');
  const [failed, ...others] = await found();
  expect([failed?.reason, others]).toEqual(['broken', []]);
  expect(failed && (await store.replay(failed))).toBeUndefined();
  expect(await queue.getWaitingCount()).toBe(2);
});

it('what an output held, and what is gone by the time that it is read, is left out', async () => {
  const { access, found } = await setUp();
  await access.redis.rpush(heldKey(access.prefix, 'slow'), 'gone');
  expect(await found()).toEqual([]);
});
