import { setTimeout as pause } from 'node:timers/promises';
import { startRedisServer, createInstallation, interfaceSettings, postCallback, taskBody } from '@ringback/testkit';
import { describe, expect, it, vi } from 'vitest';

const body = taskBody({ taskStatus: 1 });

async function install({ worker = '' } = {}) {
  const redis = await startRedisServer({ appendfsync: 'always' });
  const installation = await createInstallation({
    redisUrl: redis.url,
    settings: (crmUrl) => interfaceSettings({ crmUrl, prefix: 'ringback', ingress: 'enqueueTimeout: 2s', worker }),
  });
  return { redis, ...installation };
}

const status = async (url: string, path: string) => (await fetch(new URL(path, url))).status;
const becomesReady = (adminUrl: string) =>
  vi.waitFor(async () => expect(await status(adminUrl, '/readyz')).toBe(200), { timeout: 20_000, interval: 50 });

describe('while Redis is away', () => {
  it('the ingress comes up, refuses with 503 and Retry-After, says that it is not ready, and serves by itself when Redis is there', async () => {
    const { redis, sink, startIngress, startWorker } = await install();
    await redis.stop();
    const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
    expect(await postCallback({ ingress: ingress.url, requestID: 'early', body })).toMatchObject({
      status: 503,
      retryAfter: '2',
      body: { retCode: 7 },
    });
    // Not even what is to be refused for good is refused before it is kept.
    const unfit = taskBody({ taskID: 1 });
    expect(await postCallback({ ingress: ingress.url, requestID: 'unfit', body: unfit })).toMatchObject({ status: 503 });
    expect([await status(ingress.adminUrl, '/livez'), await status(ingress.adminUrl, '/readyz')]).toEqual([200, 503]);
    expect([await status(worker.adminUrl, '/livez'), await status(worker.adminUrl, '/readyz')]).toEqual([200, 503]);
    await redis.start();
    await Promise.all([becomesReady(ingress.adminUrl), becomesReady(worker.adminUrl)]);
    expect(await postCallback({ ingress: ingress.url, requestID: 'later', body })).toMatchObject({
      status: 200,
      body: { retCode: 0 },
    });
    await vi.waitFor(() => expect(sink.requests).toHaveLength(1), { timeout: 20_000 });
  });

  it('nothing that was acked is lost when it is killed in between, and deliveries go on when it is back', async () => {
    const { redis, sink, startIngress, startWorker } = await install();
    const ingress = await startIngress();
    for (const requestID of ['a', 'b', 'c']) {
      expect(await postCallback({ ingress: ingress.url, requestID, body })).toMatchObject({ status: 200 });
    }
    await redis.kill();
    expect(await postCallback({ ingress: ingress.url, requestID: 'refused', body })).toMatchObject({
      status: 503,
      body: { retCode: 7 },
    });
    const worker = await startWorker();
    await redis.start();
    await becomesReady(worker.adminUrl);
    await vi.waitFor(() => expect(sink.requests).toHaveLength(3), { timeout: 20_000 });
  });

  it('a hanging Redis makes it 503 too, in bounded time', async () => {
    const { redis, startIngress } = await install();
    const ingress = await startIngress();
    await becomesReady(ingress.adminUrl);
    redis.pause();
    const answers = await Promise.all(
      ['a', 'b', 'c'].map((requestID) => postCallback({ ingress: ingress.url, requestID, body })),
    );
    expect(answers.map((answer) => answer.status)).toEqual([503, 503, 503]);
    expect(await status(ingress.adminUrl, '/readyz')).toBe(503);
    redis.resume();
    await becomesReady(ingress.adminUrl);
    expect(await postCallback({ ingress: ingress.url, requestID: 'after', body })).toMatchObject({ status: 200 });
  });
});

/** The long ones take minutes: RINGBACK_LONG_OUTAGES=1 has them run too. */
const OUTAGES_S = process.env['RINGBACK_LONG_OUTAGES'] ? [5, 15, 60] : [5];

describe.each(OUTAGES_S)('after an outage of Redis of %i s', (seconds) => {
  it.each(['frozen', 'killed'] as const)(
    'the worker delivers the backlog by itself: Redis was %s',
    async (how) => {
      const { redis, sink, startIngress, startWorker } = await install();
      const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
      const post = (requestID: string) => postCallback({ ingress: ingress.url, requestID, body });
      await post('before');
      await vi.waitFor(() => expect(sink.requests).toHaveLength(1), { timeout: 20_000 });
      await Promise.all(['a', 'b', 'c'].map(post));
      if (how === 'frozen') redis.pause();
      else await redis.kill();
      await pause(seconds * 1000); // the outage itself
      if (how === 'frozen') redis.resume();
      else await redis.start();
      await Promise.all([becomesReady(ingress.adminUrl), becomesReady(worker.adminUrl)]);
      await post('after');
      await vi.waitFor(() => expect(sink.requests.length).toBeGreaterThanOrEqual(5), { timeout: 30_000, interval: 50 });
      const ids = sink.requests.map(({ body: text }) => String(JSON.parse(String(text)).requestID));
      expect(new Set(ids)).toEqual(new Set(['before', 'a', 'b', 'c', 'after']));
      expect(worker.process.lines.filter(({ code }) => code === 'RB_WORKER_STUCK')).toEqual([]);
    },
    120_000,
  );
});

describe('a stop signal', () => {
  it('ends ingress and worker with exit code 0', async () => {
    const { startIngress, startWorker } = await install();
    const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
    expect(await Promise.all([ingress.process.stop('SIGTERM'), worker.process.stop('SIGINT')])).toEqual([0, 0]);
  });

  it('ends them while Redis is away, too', async () => {
    const { redis, startIngress, startWorker } = await install({ worker: 'shutdownGrace: 1h' }); // that nothing under way has no need of
    const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
    await redis.kill();
    expect(await Promise.all([ingress.process.stop(), worker.process.stop()])).toEqual([0, 0]);
  });
});
