import { createSecret } from '@ringback/contracts';
import {
  freePort,
  type PrivateRedis,
  type PrivateRedisOptions,
  startRedisServer,
  testCallback as callback,
} from '@ringback/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createCallbackProducer } from './producer.ts';
import { createBatchProducer } from './batch-producer.ts';

const SOON = { timeout: 30_000, interval: 50 };
const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };

type Refusal = {
  readonly kind: string;
  readonly server?: PrivateRedisOptions;
  readonly begin: (admin: Redis) => Promise<unknown>;
  readonly end: (admin: Redis) => Promise<unknown>;
  /** What the log and readiness say of it. */
  readonly says: string;
};

/** Each as a real server refuses. LOADING is not among them: a connection is not ready until that is over. */
const REFUSALS: readonly Refusal[] = [
  {
    kind: 'READONLY',
    begin: async (admin) => admin.replicaof('127.0.0.1', await freePort()),
    end: (admin) => admin.replicaof('NO', 'ONE'),
    says: 'read-only replica',
  },
  {
    kind: 'MASTERDOWN',
    begin: async (admin) => {
      await admin.config('SET', 'replica-serve-stale-data', 'no');
      await admin.replicaof('127.0.0.1', await freePort());
    },
    end: (admin) => admin.replicaof('NO', 'ONE'),
    says: 'lost its primary',
  },
  {
    kind: 'NOREPLICAS',
    begin: (admin) => admin.config('SET', 'min-replicas-to-write', '1'),
    end: (admin) => admin.config('SET', 'min-replicas-to-write', '0'),
    says: 'min-replicas-to-write',
  },
  {
    kind: 'NOPERM',
    begin: (admin) => admin.acl('SETUSER', 'ringback', '-@scripting'),
    end: (admin) => admin.acl('SETUSER', 'ringback', '+@scripting'),
    says: 'ACL SETUSER',
  },
  {
    kind: 'OOM',
    begin: (admin) => admin.config('SET', 'maxmemory', '1'),
    end: (admin) => admin.config('SET', 'maxmemory', '0'),
    says: 'maxmemory',
  },
  {
    kind: 'MISCONF',
    // No file system takes this name. With an append-only file the server starts without reading it.
    server: { appendfsync: 'everysec', settings: ['--dbfilename', 'x'.repeat(300)] },
    begin: async (admin) => {
      await admin.config('SET', 'save', '3600 1000000');
      await admin.bgsave();
      await vi.waitFor(async () => expect(await admin.info('persistence')).toContain('rdb_last_bgsave_status:err'), SOON);
    },
    end: (admin) => admin.config('SET', 'save', ''),
    says: 'cannot write to its disk',
  },
  {
    kind: 'BUSY',
    begin: async (admin) => {
      await admin.config('SET', 'lua-time-limit', '50');
      const other = admin.duplicate();
      other.eval('while true do end', 0).catch(() => {});
      onTestFinished(() => other.disconnect());
      await vi.waitFor(() => expect(admin.ping()).rejects.toThrow(/^BUSY/), SOON);
    },
    end: (admin) => admin.script('KILL'),
    says: 'SCRIPT KILL',
  },
];

function producerOn({ url }: { url: string }) {
  const overload = { memory: { high: Number.MAX_VALUE, low: Number.MAX_VALUE } };
  const common = { url: createSecret(url), prefix: 'test', timeout: 5000, now: Date.now, logger };
  const batches = createBatchProducer({ ...common, durability: 'memory', overload, outputs: () => [] });
  const producer = createCallbackProducer({ batches: [batches], maxInFlight: () => 2000, patience: 5000, now: Date.now });
  onTestFinished(() => producer.close());
  return { ...batches, ...producer };
}

function adminOf({ url }: PrivateRedis): Redis {
  const admin = new Redis(url);
  onTestFinished(() => admin.disconnect());
  return admin;
}

describe('a callback that Redis refuses', () => {
  it.each(REFUSALS)('is refused as such: $kind', async ({ kind, server, begin, end, says }) => {
    const redis = await startRedisServer(server);
    const admin = adminOf(redis);
    await admin.acl('SETUSER', 'ringback', 'on', '>secret', '~*', '&*', '+@all');
    const producer = producerOn({ url: redis.url.replace('//', '//ringback:secret@') });
    await vi.waitFor(async () => expect(await producer.notReadyReasons()).toEqual([]), SOON);
    await begin(admin);
    // A connection that leads to a replica is renewed now and then, and is not there for a moment.
    await vi.waitFor(
      () =>
        expect(producer.enqueue(callback('during'))).rejects.toMatchObject({
          code: 'RB_REDIS_REFUSES',
          message: `Redis refuses to take the callback (${kind}): send it again`,
          cause: { code: 'RB_REDIS_REFUSES', message: expect.stringContaining(says) },
        }),
      SOON,
    );
    await vi.waitFor(
      async () =>
        expect(await producer.notReadyReasons()).toEqual([expect.stringMatching(`^RB_REDIS_REFUSES: ${kind}: .*${says}`)]),
      SOON,
    );
    await end(admin);
    await vi.waitFor(async () => expect(await producer.notReadyReasons()).toEqual([]), SOON);
    await vi.waitFor(() => expect(producer.enqueue(callback('after'))).resolves.toBeUndefined(), SOON);
  });

  it('is refused as such by a node of a cluster that is down', async () => {
    const redis = await startRedisServer({ settings: ['--cluster-enabled', 'yes'] });
    const producer = producerOn(redis);
    const refused = { code: 'RB_REDIS_REFUSES', message: expect.stringContaining('(CLUSTERDOWN)') };
    await vi.waitFor(() => expect(producer.enqueue(callback('early'))).rejects.toMatchObject(refused), SOON);
    await vi.waitFor(
      async () =>
        expect(await producer.notReadyReasons()).toEqual([expect.stringMatching(/^RB_REDIS_REFUSES: CLUSTERDOWN: .*slots/)]),
      SOON,
    );
  });
});
