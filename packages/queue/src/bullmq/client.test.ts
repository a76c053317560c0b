import { startRedisServer } from '@ringback/testkit';
import { createIORedisClient, Queue, type QueueOptions, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { backingOff, withoutInfo } from './client.ts';

const SOON = { timeout: 20_000, interval: 20 };

async function setUp() {
  const server = await startRedisServer();
  const admin = new Redis(server.url);
  await admin.acl('SETUSER', 'ringback', 'on', '>secret', '~*', '+@all');
  const redis = new Redis(server.url.replace('//', '//ringback:secret@'), { maxRetriesPerRequest: null });
  onTestFinished(() => [admin, redis].forEach((one) => one.disconnect()));
  return { admin, redis };
}

/** A bare worker of BullMQ on our connection. */
async function startWorker(redis: Redis) {
  const stop = new AbortController();
  const done = vi.fn(() => Promise.resolve());
  const worker = new Worker('q', done, {
    connection: backingOff(withoutInfo(createIORedisClient(redis)), stop.signal),
    autorun: false,
  });
  const errors = vi.fn();
  worker.on('error', errors);
  void worker.run();
  onTestFinished(async () => {
    stop.abort();
    await worker.close(true);
  });
  return { done, errors };
}

/** If these fail after an update, BullMQ's loop has changed: look whether it backs off by itself now, and which commands it fetches by. */
it('a worker whose fetches are refused asks less and less often, and goes on when they are not', async () => {
  const { admin, redis } = await setUp();
  const queue = new Queue('q', { connection: redis });
  onTestFinished(() => queue.close());
  await queue.add('job', {});
  await admin.acl('SETUSER', 'ringback', '-@write');
  const { done, errors } = await startWorker(redis);
  const begun = performance.now();
  await vi.waitFor(() => expect(errors.mock.calls.length).toBeGreaterThanOrEqual(4), SOON);
  // 100, 200 and 400 ms lie between them; without it they come within a few.
  expect(performance.now() - begun).toBeGreaterThan(500);
  await admin.acl('SETUSER', 'ringback', '+@write');
  await vi.waitFor(() => expect(done).toHaveBeenCalledTimes(1), SOON);
});

it('prints nothing of a maxmemory-policy that evicts, as BullMQ does by itself', async () => {
  const { admin, redis } = await setUp();
  await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
  const printed = vi.spyOn(console, 'warn').mockImplementation(() => {});
  onTestFinished(() => printed.mockRestore());
  const open = async (connection: QueueOptions['connection']) => {
    const queue = new Queue('q', { connection });
    onTestFinished(() => queue.close());
    await queue.waitUntilReady();
  };
  await open(withoutInfo(createIORedisClient(redis)));
  expect(printed.mock.calls).toEqual([]);
  await open(redis);
  expect(printed.mock.calls).toEqual([[expect.stringContaining('allkeys-lru')]]);
});

it('a worker and a queue work without INFO', async () => {
  const { admin, redis } = await setUp();
  await admin.acl('SETUSER', 'ringback', '-info');
  const { done } = await startWorker(redis);
  const queue = new Queue('q', { connection: withoutInfo(createIORedisClient(redis)) });
  onTestFinished(() => queue.close());
  await queue.add('job', {});
  await vi.waitFor(() => expect(done).toHaveBeenCalledTimes(1), SOON);
});
