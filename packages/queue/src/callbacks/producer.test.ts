import { type CallbackBatch, callbacksOf, type BatchProducer, createSecret } from '@ringback/contracts';
import { type PrivateRedis, startRedisServer, testCallback as callback, testRedis, watchCommands } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createCallbackProducer } from './producer.ts';
import { createBatchProducer } from './batch-producer.ts';

const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };

function producerOn({ url, prefix }: { url: string; prefix: string }, timeout = 2000) {
  const batches = createBatchProducer({
    url: createSecret(url),
    prefix,
    timeout,
    durability: 'memory',
    overload: { memory: { high: 0.8, low: 0.7 } },
    outputs: () => [],
    now: Date.now,
    logger,
  });
  const producer = createCallbackProducer({ batches: [batches], maxInFlight: () => 2000, patience: timeout, now: Date.now });
  onTestFinished(() => producer.close());
  return { ...batches, ...producer };
}

const isReady = (producer: Pick<BatchProducer, 'notReadyReasons'>) =>
  vi.waitFor(async () => expect(await producer.notReadyReasons()).toEqual([]), { timeout: 10_000 });

async function queuedBatches({ url, prefix }: { url: string; prefix: string }) {
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue('callbacks', { connection: redis, prefix });
  try {
    const jobs = await queue.getJobs(['waiting'], 0, -1, true);
    return jobs.map((job) => ({ id: job.id, callbacks: callbacksOf(job.data as CallbackBatch) })); // what the test wrote
  } finally {
    await queue.close();
    redis.disconnect();
  }
}

async function privateRedis(): Promise<PrivateRedis & { prefix: string }> {
  return Object.assign(await startRedisServer({ appendfsync: 'always' }), { prefix: 'test' });
}

describe('callback producer', () => {
  it('sends Redis one command for a callback that finds nothing under way, and one for the 64 that come meanwhile', async () => {
    const redis = await privateRedis();
    const producer = producerOn(redis);
    await isReady(producer);
    // The first time, Redis does not know the script yet.
    await producer.enqueue(callback('first'));
    const commands = await watchCommands(redis.url);
    await Promise.all(Array.from({ length: 65 }, (_, index) => producer.enqueue(callback(`together${index}`))));
    const names = (await commands.take()).map(([name]) => name);
    // Redis's clock is asked now and then.
    expect(names.filter((name) => name !== 'time')).toEqual(['evalsha', 'evalsha']);
    expect((await queuedBatches(redis)).map(({ callbacks }) => callbacks.length)).toEqual([1, 1, 64]);
  });

  it('resolves once Redis holds the callback, and carries its body as the very text that came', async () => {
    const redis = testRedis();
    const producer = producerOn(redis);
    await isReady(producer);
    const body = '{"big":12345678901234567890,"rate":1.10,"text":"\\u0026 牛小信😀"}\n';
    await producer.enqueue(callback('one', { body }));
    const [job, ...others] = await queuedBatches(redis);
    expect(others).toEqual([]);
    expect(job?.callbacks).toEqual([callback('one', { body })]);
  });

  it('puts callbacks that arrive together into few jobs of at most 64', async () => {
    const redis = testRedis();
    const producer = producerOn(redis);
    await isReady(producer);
    const ids = Array.from({ length: 200 }, (_, index) => `r${index}`);
    await Promise.all(ids.map((id) => producer.enqueue(callback(id))));
    const batches = (await queuedBatches(redis)).map(({ callbacks }) => callbacks.map(({ id }) => id));
    expect(batches.map((batch) => batch.length)).toEqual([1, 64, 64, 64, 7]);
    expect(batches.flat()).toEqual(ids);
  });

  it('makes one job of a batch that is written again', async () => {
    const redis = testRedis();
    const producer = producerOn(redis);
    await isReady(producer);
    for (const id of ['b1', 'b2', 'b1']) await producer.write({ id, callbacks: [callback(id)] });
    expect((await queuedBatches(redis)).map(({ id }) => id)).toEqual(['b1', 'b2']);
  });

  it('refuses at once while Redis is away, from the start on, and serves again by itself when it is there', async () => {
    const redis = await privateRedis();
    await redis.stop();
    const producer = producerOn(redis);
    await expect(producer.enqueue(callback('early'))).rejects.toMatchObject({ code: 'RB_QUEUE_UNAVAILABLE' });
    expect(await producer.notReadyReasons()).toEqual([expect.stringMatching(/^RB_REDIS_UNAVAILABLE: Redis does not answer/)]);
    await redis.start();
    await isReady(producer);
    await expect(producer.enqueue(callback('later'))).resolves.toBeUndefined();
  });

  it('refuses in bounded time while Redis hangs, and serves again when it goes on', async () => {
    const redis = await privateRedis();
    const producer = producerOn(redis, 300);
    await isReady(producer);
    await producer.enqueue(callback('before'));
    redis.pause();
    const during = await Promise.allSettled(['a', 'b', 'c'].map((id) => producer.enqueue(callback(id))));
    expect(during.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await producer.notReadyReasons()).toEqual([expect.stringMatching(/^RB_REDIS_UNAVAILABLE: Redis does not answer/)]);
    redis.resume();
    await isReady(producer);
    await expect(producer.enqueue(callback('after'))).resolves.toBeUndefined();
  });

  it('serves by itself once a server that it could not look at lets it', async () => {
    const redis = await privateRedis();
    const admin = new Redis(redis.url);
    onTestFinished(() => admin.disconnect());
    await admin.acl('SETUSER', 'ringback', 'on', '>secret', '~*', '+@all', '-info');
    const producer = producerOn({ ...redis, url: redis.url.replace('//', '//ringback:secret@') });
    expect(await producer.opened(5000)).toBe(false);
    await expect(producer.enqueue(callback('early'))).rejects.toMatchObject({ code: 'RB_REDIS_REFUSES' });
    expect(await producer.notReadyReasons()).toEqual([
      'RB_REDIS_REFUSES: NOPERM: the Redis user ringback may not run info. Allow it: ACL SETUSER ringback +info',
    ]);
    await admin.acl('SETUSER', 'ringback', '+info');
    await isReady(producer);
    await expect(producer.enqueue(callback('later'))).resolves.toBeUndefined();
  });

  it('keeps what it has acknowledged when Redis is killed, and serves again when it is back', async () => {
    const redis = await privateRedis();
    const producer = producerOn(redis);
    await isReady(producer);
    const acked: string[] = [];
    const sending = Array.from({ length: 100 }, async (_, index) => {
      await producer.enqueue(callback(`r${index}`));
      acked.push(`r${index}`);
      if (acked.length === 65) await redis.kill();
    });
    await Promise.allSettled(sending);
    await redis.start();
    await isReady(producer);
    await producer.enqueue(callback('after'));
    const kept = (await queuedBatches(redis)).flatMap(({ callbacks }) => callbacks.map(({ id }) => id));
    expect(acked.length).toBeGreaterThanOrEqual(65);
    expect(new Set(kept)).toEqual(new Set([...kept, ...acked, 'after']));
  });
});
