import {
  type PrivateRedis,
  startRedisServer,
  createInstallation,
  interfaceSettings,
  postCallback,
  taskBody,
} from '@ringback/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

const body = taskBody({ taskStatus: 1 });

function install({ url }: PrivateRedis, durability: string) {
  const settings = (crmUrl: string) =>
    interfaceSettings({ crmUrl, prefix: 'ringback', redis: `durability: ${durability}`, ingress: 'enqueueTimeout: 1s' });
  return createInstallation({ redisUrl: url, settings });
}

function admin({ url }: PrivateRedis): Redis {
  const redis = new Redis(url);
  redis.on('error', () => {});
  onTestFinished(() => redis.disconnect());
  return redis;
}

async function readiness(adminUrl: string): Promise<{ status: number; reasons?: string[] }> {
  const response = await fetch(new URL('/readyz', adminUrl));
  const { reasons } = (await response.json()) as { reasons?: string[] }; // each test checks what it uses
  return { status: response.status, ...(reasons && { reasons }) };
}

const becomes = (adminUrl: string, expected: object) =>
  vi.waitFor(async () => expect(await readiness(adminUrl)).toEqual(expected), { timeout: 20_000, interval: 50 });

const showsUnmet = (adminUrl: string, shards: number) =>
  vi.waitFor(
    async () =>
      expect(await (await fetch(new URL('/metrics', adminUrl))).text()).toContain(
        `\nringback_durability_unmet_shards ${shards}\n`,
      ),
    { timeout: 20_000, interval: 50 },
  );

describe('a Redis that keeps less than is asked for', () => {
  it('makes ingress and worker not ready, with the command that mends it; then they serve by themselves', async () => {
    const redis = await startRedisServer();
    const { startIngress, startWorker } = await install(redis, 'everysec');
    const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
    const reason = 'redis.durability is everysec, but appendonly is not yes; mend it: CONFIG SET appendonly yes';
    const unmet = { status: 503, reasons: [`RB_DURABILITY_UNMET: ${reason}`] };
    await Promise.all([becomes(ingress.adminUrl, unmet), becomes(worker.adminUrl, unmet)]);
    // As the rule of Prometheus asks, before a callback has come.
    await showsUnmet(worker.adminUrl, 1);
    expect(await postCallback({ ingress: ingress.url, requestID: 'early', body })).toMatchObject({
      status: 503,
      retryAfter: '2',
      body: { retCode: 7, retMsg: `RB_DURABILITY_UNMET: ${reason}` },
    });
    await admin(redis).config('SET', 'appendonly', 'yes');
    await Promise.all([becomes(ingress.adminUrl, { status: 200 }), becomes(worker.adminUrl, { status: 200 })]);
    await showsUnmet(worker.adminUrl, 0);
    expect(await postCallback({ ingress: ingress.url, requestID: 'later', body })).toMatchObject({ status: 200 });
    for (const app of [ingress, worker]) {
      await app.process.line(
        'an ack is worth: on disk within a second (appendonly yes, appendfsync everysec), noeviction, 0 replicas',
      );
      expect(app.process.lines.filter(({ msg }) => msg === 'redis keeps too little')).toHaveLength(1);
    }
  });

  it('is noticed when another one comes up in its place', async () => {
    const redis = await startRedisServer({ appendfsync: 'everysec' });
    const { startIngress } = await install(redis, 'always');
    const ingress = await startIngress();
    const mend = 'appendfsync is everysec; mend it: CONFIG SET appendfsync always';
    await becomes(ingress.adminUrl, { status: 503, reasons: [expect.stringContaining(mend)] });
    await admin(redis).config('SET', 'appendfsync', 'always');
    await becomes(ingress.adminUrl, { status: 200 });
    await redis.kill();
    await redis.start();
    await becomes(ingress.adminUrl, { status: 503, reasons: [expect.stringContaining(mend)] });
  });
});

describe('with durability replica', () => {
  it('an ack waits for a replica: none or a hanging one means 503, and service again when it is back', async () => {
    const redis = await startRedisServer();
    const replica = await startRedisServer({ settings: ['--replicaof', '127.0.0.1', String(redis.port)] });
    const { startIngress } = await install(redis, 'replica');
    const ingress = await startIngress();
    await becomes(ingress.adminUrl, { status: 200 });
    const post = (requestID: string) => postCallback({ ingress: ingress.url, requestID, body });
    expect(await post('both')).toMatchObject({ status: 200 });
    expect(await admin(replica).llen('ringback:callbacks:wait')).toBe(1);

    // It still counts as connected: only asking it tells. A busy machine may say instead that Redis took too
    // long.
    replica.pause();
    const reasons: unknown[] = [];
    await vi.waitFor(
      async () => {
        for (const answer of await Promise.all(['a', 'b', 'c'].map(post))) {
          expect(answer).toMatchObject({ status: 503, body: { retCode: 7 } });
          reasons.push(answer.body);
        }
        expect(reasons).toContainEqual(
          expect.objectContaining({ retMsg: expect.stringMatching(/RB_DURABILITY_UNMET: .*replica/) }),
        );
      },
      { timeout: 20_000 },
    );
    replica.resume();
    await vi.waitFor(async () => expect((await post('resumed')).status).toBe(200), { timeout: 20_000 });

    await replica.kill();
    await becomes(ingress.adminUrl, { status: 503, reasons: [expect.stringContaining('REPLICAOF')] });
    expect(await post('alone')).toMatchObject({ status: 503, body: { retCode: 7 } });
    await replica.start();
    await becomes(ingress.adminUrl, { status: 200 });
    expect(await post('again')).toMatchObject({ status: 200 });
  });
});
