import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort, startRedisServer, createInstallation, interfaceSettings, postCallback, taskBody } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

const body = taskBody({ taskStatus: 1 });
const SOON = { timeout: 30_000, interval: 50 };

type Fault = {
  readonly name: string;
  readonly begin: (admin: Redis) => Promise<unknown>;
  readonly end: (admin: Redis) => Promise<unknown>;
  /** What readiness must say of it. */
  readonly words: readonly string[];
};

const aclFault = (name: string, rule: string, undo: string, words: readonly string[]): Fault => ({
  name,
  begin: (admin) => admin.acl('SETUSER', 'ringback', rule),
  end: (admin) => admin.acl('SETUSER', 'ringback', undo),
  words,
});

const FAULTS: readonly Fault[] = [
  {
    name: 'a read-only replica',
    // Nobody listens there, so the server keeps what it holds.
    begin: async (admin) => admin.replicaof('127.0.0.1', await freePort()),
    end: (admin) => admin.replicaof('NO', 'ONE'),
    words: ['READONLY', 'replica', 'REPLICAOF NO ONE'],
  },
  {
    name: 'too few replicas',
    begin: (admin) => admin.config('SET', 'min-replicas-to-write', '1'),
    end: (admin) => admin.config('SET', 'min-replicas-to-write', '0'),
    words: ['NOREPLICAS', 'min-replicas-to-write'],
  },
  aclFault('a user without writes', '-@write', '+@write', ['NOPERM', 'bzpopmin', 'ACL SETUSER ringback', '+zadd']),
  aclFault('a user without scripts', '-@scripting', '+@scripting', ['NOPERM', 'eval', 'ACL SETUSER ringback +eval +evalsha']),
  aclFault('a user without INFO', '-info', '+info', ['NOPERM', 'ACL SETUSER ringback +info']),
  aclFault('a user without keys', 'resetkeys', '~*', ['NOPERM', 'ACL SETUSER ringback ~ringback:*']),
];

async function install({ spool = false } = {}) {
  const redis = await startRedisServer();
  const admin = new Redis(redis.url);
  onTestFinished(() => admin.disconnect());
  await admin.acl('SETUSER', 'ringback', 'on', '>secret', '~*', '+@all');
  const folder = spool && (await mkdtemp(join(tmpdir(), 'ringback-spool-')));
  if (folder) onTestFinished(() => rm(folder, { recursive: true }));
  const spooling = folder ? `, spool: { path: ${folder}/spool.sqlite }` : '';
  const installation = await createInstallation({
    redisUrl: redis.url.replace('//', '//ringback:secret@'),
    settings: (crmUrl) => interfaceSettings({ crmUrl, prefix: 'ringback', ingress: `enqueueTimeout: 2s${spooling}` }),
  });
  return { admin, ...installation };
}

async function readiness(adminUrl: string): Promise<{ status: number; text: string }> {
  const response = await fetch(new URL('/readyz', adminUrl), { signal: AbortSignal.timeout(5000) });
  return { status: response.status, text: await response.text() };
}

const isLive = async (adminUrl: string) =>
  (await fetch(new URL('/livez', adminUrl), { signal: AbortSignal.timeout(5000) })).status === 200;

describe('a Redis that answers, and takes no work', () => {
  it.each(FAULTS)(
    'is no reason to spin, and readiness names it: $name',
    async ({ begin, end, words }) => {
      const { admin, sink, startIngress, startWorker } = await install();
      const ingress = await startIngress();
      const post = (requestID: string) => postCallback({ ingress: ingress.url, requestID, body });
      for (const id of ['a', 'b', 'c']) expect(await post(id)).toMatchObject({ status: 200 });
      await begin(admin);
      // One takes up work that waits from before, the other is to be stopped in the middle of it.
      const [worker, other] = [await startWorker(), await startWorker()];
      const refused = { status: 503, body: { retCode: 7, retMsg: expect.stringMatching(/^RB_REDIS_REFUSES: Redis refuses/) } };
      // A connection that leads to a replica is renewed now and then, and is not there for a moment.
      await vi.waitFor(async () => expect(await post('during')).toMatchObject(refused), SOON);
      for (const { adminUrl } of [ingress, worker]) {
        await vi.waitFor(async () => expect(await readiness(adminUrl)).toMatchObject({ status: 503 }), SOON);
        const { text } = await readiness(adminUrl);
        for (const word of words) expect(text).toContain(word);
        expect(text).not.toContain('secret');
      }

      const before = worker.process.lines.length;
      await pause(3000); // the outage itself
      expect(await Promise.all([isLive(ingress.adminUrl), isLive(worker.adminUrl)])).toEqual([true, true]);
      expect(worker.process.lines.length - before).toBeLessThan(10);
      expect(worker.process.output.length).toBeLessThan(20);
      expect(await other.process.stop()).toBe(0);

      await end(admin);
      for (const { adminUrl } of [ingress, worker]) {
        await vi.waitFor(async () => expect(await readiness(adminUrl)).toMatchObject({ status: 200 }), SOON);
      }
      expect(await post('after')).toMatchObject({ status: 200 });
      const ids = () => sink.requests.map(({ body: text }) => String(JSON.parse(String(text)).requestID));
      await vi.waitFor(() => expect(new Set(ids())).toEqual(new Set(['a', 'b', 'c', 'after'])), { ...SOON, timeout: 60_000 });
    },
    150_000,
  );

  it('loses no callback where there is a spool', async () => {
    const { admin, sink, startIngress, startWorker } = await install({ spool: true });
    const ingress = await startIngress();
    const post = (requestID: string) => postCallback({ ingress: ingress.url, requestID, body });
    await admin.config('SET', 'min-replicas-to-write', '1');
    expect(await post('during')).toMatchObject({ status: 200 });
    expect(await ingress.process.line('spooling')).toMatchObject({ code: 'RB_REDIS_REFUSES' });
    await startWorker();
    await admin.config('SET', 'min-replicas-to-write', '0');
    await vi.waitFor(() => expect(sink.requests).toHaveLength(1), SOON);
  }, 60_000);
});
