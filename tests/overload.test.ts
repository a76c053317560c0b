import {
  type AppProcess,
  startRedisServer,
  createInstallation,
  interfaceSettings,
  postCallback,
  taskBody,
} from '@ringback/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

const MIB = 1024 * 1024;
const bodyOf = (bytes: number) => taskBody({ taskStatus: 1, note: 'x'.repeat(bytes) });

async function install({ overload = '', attempts = 5 } = {}) {
  const server = await startRedisServer();
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  const installation = await createInstallation({
    redisUrl: server.url,
    settings: (crmUrl) =>
      interfaceSettings({ crmUrl, prefix: 'ringback', redis: overload }).replace('attempts: 5', `attempts: ${attempts}`),
  });
  return { redis, ...installation };
}

/**
 * Posts from many connections at once until every one of them was refused; resolves with the ids that were
 * acked.
 */
async function fill(ingress: string, body: string): Promise<string[]> {
  const acked: string[] = [];
  const send = async (sender: number) => {
    for (let count = 0; count < 5000; count += 1) {
      const requestID = `${sender}-${count}`;
      const answer = await postCallback({ ingress, requestID, body });
      if (answer.status !== 200) return answer;
      acked.push(requestID);
    }
    throw new Error('never refused');
  };
  const refusals = await Promise.all(Array.from({ length: 32 }, (_, sender) => send(sender)));
  for (const refusal of refusals) {
    expect(refusal).toMatchObject({
      status: 503,
      retryAfter: '2',
      body: { retCode: 7, retMsg: expect.stringMatching(/^RB_OVERLOADED: /) },
    });
  }
  return acked;
}

/** The requestIDs that a worker has delivered. */
const delivered = ({ lines }: AppProcess) =>
  new Set(lines.filter(({ msg }) => msg === 'delivered').map((line) => line['requestID']));

async function leaveRoom(redis: Redis, bytes: number): Promise<void> {
  const used = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
  await redis.config('SET', 'maxmemory', String(used + bytes));
}

async function usage(redis: Redis, what: 'used_memory' | 'used_memory_peak' = 'used_memory'): Promise<number> {
  const info = await redis.info('memory');
  return Number(new RegExp(`${what}:(\\d+)`).exec(info)?.[1]) / Number(/maxmemory:(\d+)/.exec(info)?.[1]);
}

const readiness = async (adminUrl: string) => (await fetch(new URL('/readyz', adminUrl))).status;
const servesAgain = (adminUrl: string) =>
  vi.waitFor(async () => expect(await readiness(adminUrl)).toBe(200), { timeout: 20_000, interval: 50 });

describe('a Redis with little memory', () => {
  it('is never filled up: callbacks are refused before, then the worker drains it, and callbacks are taken again', async () => {
    const { redis, startIngress, startWorker } = await install();
    await leaveRoom(redis, 10 * MIB);
    const ingress = await startIngress();
    await servesAgain(ingress.adminUrl);
    const acked = await fill(ingress.url, bodyOf(8000));
    expect(acked.length).toBeGreaterThan(300);
    const full = await usage(redis);
    expect(full).toBeGreaterThan(0.75);
    expect(full).toBeLessThan(0.95);
    expect(await readiness(ingress.adminUrl)).toBe(503);

    const worker = await startWorker();
    await vi.waitFor(() => expect(delivered(worker.process).size).toBe(acked.length), { timeout: 60_000, interval: 100 });
    expect(delivered(worker.process)).toEqual(new Set(acked));
    await servesAgain(ingress.adminUrl);
    expect(await postCallback({ ingress: ingress.url, requestID: 'after' })).toMatchObject({ status: 200 });
    for (const message of ['overload begins', 'overload is over']) {
      expect(ingress.process.lines.filter(({ msg }) => msg === message)).toHaveLength(1);
    }
  }, 180_000);

  it('is not filled up by the retries of a dead output either, and drains when that is back', async () => {
    const { redis, sink, startIngress, startWorker } = await install({ attempts: 100 });
    const [ingress, worker] = [await startIngress(), await startWorker()];
    // Connections and scripts take what they take, however small Redis is.
    await postCallback({ ingress: ingress.url, requestID: 'before' });
    await vi.waitFor(() => expect(delivered(worker.process)).toContain('before'), { timeout: 20_000 });
    await leaveRoom(redis, 4 * MIB);
    await servesAgain(ingress.adminUrl);
    sink.answer(500);
    const acked = ['before', ...(await fill(ingress.url, bodyOf(1500)))];
    const tried = sink.requests.length;
    await vi.waitFor(() => expect(sink.requests.length).toBeGreaterThan(tried), { timeout: 100_000, interval: 50 });
    expect(await usage(redis, 'used_memory_peak')).toBeLessThan(1);
    sink.answer(200);
    await vi.waitFor(() => expect(delivered(worker.process).size).toBe(acked.length), { timeout: 60_000, interval: 100 });
    await servesAgain(ingress.adminUrl);
    expect(await postCallback({ ingress: ingress.url, requestID: 'after' })).toMatchObject({ status: 200 });
  }, 180_000);
});

describe('queues that are too deep', () => {
  it('make 503 until the workers have caught up', async () => {
    const { startIngress, startWorker } = await install({ overload: 'overload: { depth: { high: 20, low: 5 } }' });
    const ingress = await startIngress();
    const acked = await fill(ingress.url, bodyOf(10));
    expect(acked.length).toBeGreaterThanOrEqual(20);
    const response = await fetch(new URL('/readyz', ingress.adminUrl));
    expect(await response.json()).toEqual({
      status: 'not ready',
      reasons: [expect.stringMatching(/^RB_OVERLOADED: \d+ jobs wait in Redis/)],
    });
    await startWorker();
    await servesAgain(ingress.adminUrl);
    expect(await postCallback({ ingress: ingress.url, requestID: 'after' })).toMatchObject({ status: 200 });
  });
});
