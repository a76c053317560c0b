import { SILENT } from '@ringback/contracts';
import { type RedisSet, startCluster, startSentinelSet } from '@ringback/testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RedisAddress } from './address.ts';
import { connectFailFast, connectPatient } from './connection.ts';
import { shardsOf } from './shards.ts';

const SOON = { timeout: 60_000, interval: 50 };

const kinds: readonly (readonly [string, () => Promise<{ set: RedisSet; address: RedisAddress }>])[] = [
  [
    'Sentinel',
    async () => {
      const set = await startSentinelSet();
      return { set, address: { sentinel: { name: set.name, nodes: set.nodes } } };
    },
  ],
  [
    'Cluster',
    async () => {
      const set = await startCluster();
      return { set, address: { cluster: { nodes: set.nodes.slice(0, 2) } } };
    },
  ],
];

describe.each(kinds)('a connection by %s', (_kind, start) => {
  it('leads to the primary, and after a failover to the new one', async () => {
    const { set, address } = await start();
    const [shard] = shardsOf({ ...address, prefix: 'ringback', shards: 1 });
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const patient = connectPatient({ ...shard, name: 'patient', logger });
    const failFast = connectFailFast({ ...shard, name: 'fast', timeout: 1000, logger: SILENT });
    const blocking = patient.duplicate();
    blocking.on('error', () => {});
    onTestFinished(() => [patient, failFast, blocking].forEach((redis) => redis.disconnect()));
    const key = `${shard.prefix}:key`;
    const leadsTo = async () => {
      const { port } = await set.primary(key);
      await patient.set(key, port);
      expect(await failFast.get(key)).toBe(String(port));
      for (const redis of [patient, failFast]) expect(/tcp_port:(\d+)/.exec(await redis.info())?.[1]).toBe(String(port));
    };
    await vi.waitFor(leadsTo, SOON);

    // A forced failover: the old primary lives on as a replica, and says READONLY or MOVED.
    // A server that becomes a replica ends a blocking read; the next one goes to the new primary.
    const pop = () => blocking.bzpopmin(`${shard.prefix}:waits`, 0);
    const waiting = pop().catch(pop);
    await set.failOver();
    await vi.waitFor(leadsTo, SOON);
    await patient.zadd(`${shard.prefix}:waits`, 1, 'member');
    expect(await waiting).toEqual([`${shard.prefix}:waits`, 'member', '1']);

    expect(logger.info.mock.calls.map(([, message]) => message)).toContain('redis has another primary');
  }, 120_000);
});
