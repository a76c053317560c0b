import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startApp,
  startRedisServer,
  testRedis,
  writeSettings,
  createInstallation,
  type Installation,
  interfaceSettings,
  postCallback,
  taskBody,
} from '@ringback/testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

const body = taskBody({ taskStatus: 1 });
const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

function spoolFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-spool-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'spool.sqlite');
}

const settings = (crmUrl: string, path: string, more = '') =>
  interfaceSettings({
    crmUrl,
    prefix: 'ringback',
    ingress: `enqueueTimeout: 500ms, spool: { path: ${path}, ${more} }`,
    worker: 'lockDuration: 2s',
  });

async function install(more?: string) {
  const redis = await startRedisServer({ appendfsync: 'always' });
  const path = spoolFile();
  const installation = await createInstallation({ redisUrl: redis.url, settings: (crmUrl) => settings(crmUrl, path, more) });
  return { redis, ...installation };
}

async function post(ingress: { url: string }, requestID: string): Promise<number> {
  return (await postCallback({ ingress: ingress.url, requestID, body })).status;
}

async function readiness({ adminUrl }: { adminUrl: string }): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(new URL('/readyz', adminUrl));
  return { status: answer.status, body: await answer.json() };
}

const delivered = (sink: Installation['sink']) =>
  sink.requests.map((request) => (JSON.parse(String(request.body)) as { requestID: string }).requestID);
const arrive = (sink: Installation['sink'], count: number) =>
  vi.waitFor(() => expect(new Set(delivered(sink)).size).toBe(count), { timeout: 20_000 });

describe('with a spool', () => {
  it('acks under load while Redis is away, stays ready, and delivers each callback once when Redis is back', async () => {
    const { redis, sink, startIngress, startWorker } = await install();
    const [ingress] = await Promise.all([startIngress(), startWorker()]);
    const all = ids('r', 400);
    const line = all.values();
    const statuses: number[] = [];
    const sender = async () => {
      for (const requestID of line) {
        statuses.push(await post(ingress, requestID));
        if (statuses.length === 100) await redis.kill();
      }
    };
    await Promise.all(Array.from({ length: 16 }, sender));
    expect(new Set(statuses)).toEqual(new Set([200]));
    const { status, body: told } = await readiness(ingress);
    expect([status, told]).toEqual([200, { status: 'ready', spooling: expect.any(Number) }]);
    expect((told as { spooling: number }).spooling).toBeGreaterThanOrEqual(250);
    await redis.start();
    await ingress.process.line('spool drained');
    await arrive(sink, all.length);
    expect(await post(ingress, 'after')).toBe(200);
    await arrive(sink, all.length + 1);
    expect(delivered(sink).toSorted()).toEqual([...all, 'after'].toSorted());
    expect(await readiness(ingress)).toEqual({ status: 200, body: { status: 'ready', spooling: 0 } });
  });

  it('keeps what it acked over a SIGKILL of the ingress, acks again while Redis is still away, and delivers all of it once', async () => {
    const { redis, sink, startIngress, startWorker } = await install();
    await redis.stop();
    const [before, after] = [ids('before', 40), ids('after', 40)];
    const first = await startIngress();
    expect(new Set(await Promise.all(before.map((id) => post(first, id))))).toEqual(new Set([200]));
    await first.process.stop('SIGKILL');
    const second = await startIngress();
    expect(await readiness(second)).toEqual({ status: 200, body: { status: 'ready', spooling: 40 } });
    expect(new Set(await Promise.all(after.map((id) => post(second, id))))).toEqual(new Set([200]));
    expect(await second.process.stop('SIGTERM')).toBe(0);
    expect(second.process.lines).toContainEqual(expect.objectContaining({ msg: 'callbacks stay in the spool', callbacks: 80 }));
    await redis.start();
    const third = await startIngress();
    expect(await third.process.line('spool drained')).toMatchObject({ callbacks: 80 });
    await startWorker();
    await arrive(sink, 80);
    expect(delivered(sink).toSorted()).toEqual([...before, ...after].toSorted());
  });

  it('delivers once what a hanging Redis took after all', async () => {
    const { redis, sink, startIngress, startWorker } = await install();
    const [ingress] = await Promise.all([startIngress(), startWorker()]);
    expect(await post(ingress, 'before')).toBe(200);
    await arrive(sink, 1);
    redis.pause();
    // The first one waits for Redis's timeout; those that wait behind it go with it.
    expect(await Promise.all(ids('during', 5).map((id) => post(ingress, id)))).toEqual([200, 200, 200, 200, 200]);
    redis.resume();
    await ingress.process.line('spool drained');
    expect(await post(ingress, 'after')).toBe(200);
    await arrive(sink, 7);
    expect(delivered(sink)).toHaveLength(7);
  });

  it('refuses with 503 when the spool is full, says that it is not ready, and loses nothing that it acked', async () => {
    const { redis, sink, startIngress, startWorker } = await install('maxBytes: 1MiB');
    await redis.stop();
    const ingress = await startIngress();
    const large = taskBody({ taskStatus: 1, fill: 'x'.repeat(100_000) });
    const acked: string[] = [];
    let answer = await postCallback({ ingress: ingress.url, requestID: 'large0', body: large });
    while (answer.status === 200) {
      acked.push(`large${acked.length}`);
      answer = await postCallback({ ingress: ingress.url, requestID: `large${acked.length}`, body: large });
    }
    expect(answer).toMatchObject({
      status: 503,
      retryAfter: '2',
      body: { retCode: 7, retMsg: expect.stringMatching(/^RB_SPOOL_FULL/) },
    });
    const small = taskBody({ taskStatus: 1, fill: 'x'.repeat(20_000) });
    for (let status = 200; status === 200;) {
      ({ status } = await postCallback({ ingress: ingress.url, requestID: `small${acked.length}`, body: small }));
      if (status === 200) acked.push(`small${acked.length}`);
    }
    expect(await readiness(ingress)).toEqual({
      status: 503,
      body: {
        status: 'not ready',
        reasons: [expect.stringMatching(/^RB_REDIS_UNAVAILABLE: /), expect.stringMatching(/^RB_SPOOL_FULL: /)],
        spooling: acked.length,
      },
    });
    await redis.start();
    await ingress.process.line('spool drained');
    await startWorker();
    await arrive(sink, acked.length);
    expect(delivered(sink).toSorted()).toEqual(acked.toSorted());
  });
});

it('a spool that cannot be used is a reason not to start: one of another ingress, or no spool at all', async () => {
  const [taken, damaged] = [spoolFile(), spoolFile()];
  writeFileSync(damaged, 'hello world '.repeat(1000));
  const redisUrl = testRedis().url;
  const { startIngress } = await createInstallation({ redisUrl, settings: (url) => settings(url, taken) });
  await startIngress();
  const failure = async (path: string) => {
    const config = await writeSettings(settings('http://127.0.0.1:1', path));
    const ingress = startApp({ app: 'ingress', env: { RINGBACK_CONFIG: config, REDIS_URL: redisUrl } });
    return { exit: await ingress.exit, err: ingress.lines.find(({ msg }) => msg === 'ingress cannot run')?.['err'] };
  };
  expect(await Promise.all([failure(taken), failure(damaged)])).toMatchObject([
    { exit: 1, err: { code: 'RB_SPOOL_FAILED', message: expect.stringContaining('another process uses it') } },
    { exit: 1, err: { code: 'RB_SPOOL_FAILED', message: expect.stringContaining('not a spool, or damaged') } },
  ]);
});
