import { mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createInstallation, freePort, interfaceSettings, postCallback, startRedisServer, taskBody } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { installUnderFaults, readiness, SOON } from './server-answers.ts';

type Fault = {
  readonly name: string;
  readonly begin: (admin: Redis) => Promise<unknown>;
  readonly end: (admin: Redis) => Promise<unknown>;
  /** What readiness must say of it. */
  readonly words: readonly string[];
  /** True: a worker is started and stopped meanwhile as well. */
  readonly replaced?: boolean;
};

const set = (name: string, value: string | number) => (admin: Redis) => admin.config('SET', name, value);

const aclFault = (name: string, rule: string, undo: string, words: readonly string[]): Fault => ({
  name,
  begin: (admin) => admin.acl('SETUSER', 'ringback', rule),
  end: (admin) => admin.acl('SETUSER', 'ringback', undo),
  words,
});

/** Where the server saves to. A folder of this name makes every save fail. */
const dumpOf = async (admin: Redis) => join(String((await admin.config('GET', 'dir'))[1]), 'dump.rdb');

/** Runs a command that keeps the server busy, on a connection of its own. */
async function occupy(admin: Redis, ...[command, ...args]: [string, ...string[]]): Promise<void> {
  const other = admin.duplicate();
  onTestFinished(() => other.disconnect());
  other.call(command, ...args).catch(() => {});
}

const FAULTS: readonly Fault[] = [
  {
    name: 'a read-only replica',
    // Nobody listens there, so the server keeps what it holds.
    begin: async (admin) => admin.replicaof('127.0.0.1', await freePort()),
    end: (admin) => admin.replicaof('NO', 'ONE'),
    words: ['READONLY', 'replica', 'REPLICAOF NO ONE'],
    replaced: true,
  },
  {
    name: 'too few replicas',
    begin: set('min-replicas-to-write', 1),
    end: set('min-replicas-to-write', 0),
    words: ['NOREPLICAS', 'min-replicas-to-write'],
  },
  {
    name: 'no memory left',
    begin: set('maxmemory', 1),
    end: set('maxmemory', 0),
    words: ['OOM', 'CONFIG SET maxmemory'],
  },
  {
    name: 'a disk that cannot be written',
    async begin(admin) {
      await mkdir(await dumpOf(admin));
      await admin.config('SET', 'save', '3600 1000000');
      await admin.bgsave();
      await vi.waitFor(async () => expect(await admin.info('persistence')).toContain('rdb_last_bgsave_status:err'), SOON);
    },
    async end(admin) {
      await admin.config('SET', 'save', '');
      await rmdir(await dumpOf(admin));
    },
    words: ['MISCONF', 'cannot write to its disk'],
  },
  {
    name: 'a script that does not end',
    async begin(admin) {
      await admin.config('SET', 'lua-time-limit', 50);
      await occupy(admin, 'EVAL', 'while true do end', '0');
      await vi.waitFor(() => expect(admin.ping()).rejects.toThrow(/^BUSY/), SOON);
    },
    end: (admin) => admin.script('KILL'),
    words: ['BUSY', 'SCRIPT KILL'],
  },
  {
    name: 'data that is still read from disk',
    async begin(admin) {
      await admin.call('DEBUG', 'POPULATE', 5000, 'filler', 2000);
      // µs for each key, and how often the server answers meanwhile.
      await admin.config('SET', 'key-load-delay', 20_000, 'loading-process-events-interval-bytes', 1024);
      await occupy(admin, 'DEBUG', 'RELOAD');
      await vi.waitFor(() => expect(admin.ping()).rejects.toThrow(/^LOADING/), SOON);
    },
    async end(admin) {
      await admin.config('SET', 'key-load-delay', 0);
      await vi.waitFor(async () => expect(await admin.ping()).toBe('PONG'), SOON);
    },
    words: ['LOADING', 'still reading its data'],
  },
  {
    ...aclFault('a user without writes', '-@write', '+@write', ['NOPERM', 'bzpopmin', 'ACL SETUSER ringback', '+zadd']),
    replaced: true,
  },
  aclFault('a user without scripts', '-@scripting', '+@scripting', ['NOPERM', 'eval', 'ACL SETUSER ringback +eval +evalsha']),
  { ...aclFault('a user without INFO', '-info', '+info', ['NOPERM', 'ACL SETUSER ringback +info']), replaced: true },
  aclFault('a user without keys', 'resetkeys', '~*', ['NOPERM', 'ACL SETUSER ringback ~ringback:*']),
];

async function startServer() {
  const server = await startRedisServer({ settings: ['--enable-debug-command', 'yes'] });
  const admin = new Redis(server.url);
  await admin.acl('SETUSER', 'ringback', 'on', '>secret', '~*', '+@all');
  return { server, admin, redisUrl: server.url.replace('//', '//ringback:secret@') };
}

const isLive = async (adminUrl: string) =>
  (await fetch(new URL('/livez', adminUrl), { signal: AbortSignal.timeout(5000) })).status === 200;

describe('a Redis that answers, and takes no work', () => {
  const ends: (() => Promise<unknown>)[] = [];
  let admin: Redis;
  let installed: Awaited<ReturnType<typeof installUnderFaults>>;

  beforeAll(async () => {
    const started = await startServer();
    ({ admin } = started);
    ends.push(
      () => started.server.remove(),
      async () => admin.disconnect(),
    );
    installed = await installUnderFaults({ redisUrl: started.redisUrl, atEnd: (end) => void ends.push(end) });
  });
  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
  });

  it.each(FAULTS)(
    'is no reason to spin or to end, and readiness names it: $name',
    async ({ name, begin, end, words, replaced = false }) => {
      const { ingress, worker, startWorker, post, survives } = installed;
      const before = worker.process.lines.length;
      const refused = { body: { retCode: 7, retMsg: expect.stringMatching(/^RB_(REDIS_REFUSES: Redis refuses|OVERLOADED)/) } };

      async function meanwhile(): Promise<void> {
        const others = replaced ? [await startWorker()] : [];
        // A connection that leads to a replica is renewed now and then, and is not there for a moment.
        await vi.waitFor(async () => expect(await post(`${name}: during`)).toMatchObject(refused), SOON);
        for (const { adminUrl } of [ingress, worker, ...others]) {
          await vi.waitFor(async () => {
            const { status, text } = await readiness(adminUrl);
            expect([status, ...words.filter((word) => !text.includes(word))]).toEqual([503]);
            expect(text).not.toContain('secret');
          }, SOON);
        }
        await pause(500); // the outage itself
        expect(await Promise.all([isLive(ingress.adminUrl), isLive(worker.adminUrl)])).toEqual([true, true]);
        for (const { process } of others) expect(await process.stop()).toBe(0);
      }

      await survives({ name, begin: () => begin(admin), end: () => end(admin) }, meanwhile);
      expect(worker.process.lines.length - before).toBeLessThan(20);
      expect(worker.process.output.length).toBeLessThan(20);
    },
    120_000,
  );

  it('loses no callback where there is a spool', async () => {
    const { admin: own, redisUrl } = await startServer();
    onTestFinished(() => own.disconnect());
    const folder = await mkdtemp(join(tmpdir(), 'ringback-spool-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const spooling = `enqueueTimeout: 2s, spool: { path: ${folder}/spool.sqlite }`;
    const { sink, startIngress, startWorker } = await createInstallation({
      redisUrl,
      settings: (crmUrl) => interfaceSettings({ crmUrl, prefix: 'ringback', ingress: spooling }),
    });
    const ingress = await startIngress();
    const post = () => postCallback({ ingress: ingress.url, requestID: 'during', body: taskBody({ taskStatus: 1 }) });
    await own.config('SET', 'min-replicas-to-write', '1');
    expect(await post()).toMatchObject({ status: 200 });
    expect(await ingress.process.line('spooling')).toMatchObject({ code: 'RB_REDIS_REFUSES' });
    await startWorker();
    await own.config('SET', 'min-replicas-to-write', '0');
    await vi.waitFor(() => expect(sink.requests).toHaveLength(1), SOON);
  }, 180_000);
});
