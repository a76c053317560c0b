import { readFileSync } from 'node:fs';
import { createServer, connect as connectTcp } from 'node:net';
import { once } from 'node:events';
import { createSecret } from '@ringback/contracts';
import { createTcpProxy, freePort, type PrivateRedis, startRedisServer, startSentinel } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RedisAddress } from './address.ts';
import { connectPatient } from './connection.ts';
import { leastAcl } from './commands.ts';
import { shardsOf } from './shards.ts';
import { createRedisWatch } from './watch.ts';
import { createWriteProbe } from './write-probe.ts';

const SOON = { timeout: 30_000, interval: 20 };
const tlsFile = (name: string) => new URL(`../../testkit/tls/${name}`, import.meta.url);
const at = ({ port }: PrivateRedis) => `127.0.0.1:${port}`;

function connect(address: RedisAddress) {
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const [shard] = shardsOf({ ...address, prefix: 'ringback', shards: 1 });
  const redis = connectPatient({ ...shard, name: 'test', logger });
  onTestFinished(() => redis.disconnect());
  return { redis, logger, shard };
}

async function reasonOf(address: RedisAddress): Promise<string> {
  const { logger } = connect(address);
  await vi.waitFor(() => expect(logger.error).toHaveBeenCalled(), SOON);
  return String(logger.error.mock.calls[0]?.[0].reason);
}

async function becomesReady(address: RedisAddress) {
  const { redis } = connect(address);
  await vi.waitFor(() => expect(redis.status).toBe('ready'), SOON);
  return redis;
}

function admin({ url }: PrivateRedis): Redis {
  const redis = new Redis(url);
  redis.on('error', () => {});
  onTestFinished(() => redis.disconnect());
  return redis;
}

describe('Sentinel', () => {
  it('none that can be reached, one that is a Redis, a name that it does not know', async () => {
    const gone = `127.0.0.1:${await freePort()}`;
    expect(await reasonOf({ sentinel: { name: 'mymaster', nodes: [gone] } })).toBe(
      `no sentinel can be reached (${gone}: ECONNREFUSED). Start them, or correct redis.sentinel.nodes`,
    );
    const redis = at(await startRedisServer());
    expect(await reasonOf({ sentinel: { name: 'mymaster', nodes: [redis] } })).toContain(
      `what listens at ${redis} is no sentinel`,
    );
    const sentinel = at(await startSentinel());
    expect(await reasonOf({ sentinel: { name: 'other', nodes: [gone, sentinel] } })).toContain(
      'the sentinels watch no primary of the name other. Correct redis.sentinel.name',
    );
  });

  it('its password, and its rights: the least are enough', async () => {
    const [redis, sentinel] = [await startRedisServer(), await startSentinel()];
    const asked = admin(sentinel);
    await asked.call('SENTINEL', 'MONITOR', 'mymaster', '127.0.0.1', redis.port, 1);
    await asked.acl('SETUSER', 'asker', 'on', '>right', 'resetchannels', '-@all', '+sentinel|get-master-addr-by-name');
    await asked.acl('SETUSER', 'nobody', 'on', '>right', '-@all');
    await asked.acl('SETUSER', 'default', 'resetpass', '>other');
    const by = (username?: string, password?: string): RedisAddress => ({
      sentinel: {
        name: 'mymaster',
        nodes: [at(sentinel)],
        username,
        password: password === undefined ? undefined : createSecret(password),
      },
    });
    expect(await reasonOf(by())).toContain('asks for a password. Put it in redis.sentinel.password');
    expect(await reasonOf(by('asker', 'wrong'))).toContain('does not accept redis.sentinel.username and redis.sentinel.password');
    expect(await reasonOf(by('nobody', 'right'))).toContain('+sentinel|get-master-addr-by-name');
    await becomesReady(by('asker', 'right'));
  });
});

describe('Cluster', () => {
  it('a single Redis, and nodes that cannot be reached', async () => {
    const single = at(await startRedisServer());
    expect(await reasonOf({ cluster: { nodes: [single] } })).toContain(
      `what listens at ${single} is a single Redis and no node of a cluster. Name it in redis.url`,
    );
    const gone = `127.0.0.1:${await freePort()}`;
    expect(await reasonOf({ cluster: { nodes: [gone] } })).toContain(
      `no node of the cluster can be reached (${gone}: ECONNREFUSED)`,
    );
  });

  it('a slot that is not served, a wrong password, no right to ask; and a cluster where one Redis was named', async () => {
    const node = await startRedisServer({ settings: ['--cluster-enabled', 'yes'] });
    const redis = admin(node);
    const cluster = { nodes: [at(node)] };
    expect(await reasonOf({ cluster })).toMatch(/^CLUSTERDOWN: no node of the cluster serves slot \d+/);
    await redis.cluster('ADDSLOTSRANGE', 0, 16_383);
    await vi.waitFor(async () => expect(await redis.cluster('INFO')).toContain('cluster_state:ok'), SOON);
    const known = { username: 'ringback', password: createSecret('right') };
    await redis.acl('SETUSER', 'ringback', 'on', '>right', ...leastAcl({ prefix: '{ringback:0}', durability: 'memory' }));
    expect(await reasonOf({ cluster, ...known, password: createSecret('wrong') })).toContain('WRONGPASS');
    expect(await reasonOf({ cluster, ...known })).toContain('ACL SETUSER <user> +cluster|slots +cluster|keyslot');
    await redis.acl('SETUSER', 'ringback', ...leastAcl({ prefix: '{ringback:0}', durability: 'memory', cluster: true }));
    await becomesReady({ cluster, ...known });
    const proxy = await createTcpProxy(node);
    onTestFinished(() => proxy.close());
    const natMap = { [at(node)]: `127.0.0.1:${proxy.port}` };
    expect((await becomesReady({ cluster: { ...cluster, natMap } })).options.port).toBe(proxy.port);

    const { port } = await startRedisServer({ settings: ['--cluster-enabled', 'yes'] });
    await redis.cluster('MEET', '127.0.0.1', port);
    await vi.waitFor(async () => expect(await redis.cluster('INFO')).toContain('cluster_known_nodes:2'), SOON);
    const single = await becomesReady({ url: createSecret(`redis://127.0.0.1:${port}`) });
    await vi.waitFor(async () => {
      const trouble = await createWriteProbe({ redis: single, prefix: 'ringback', durability: 'memory' })();
      expect(trouble?.reason).toContain('Write redis.cluster in place of redis.url');
    }, SOON);
  });
});

describe('TLS', () => {
  const pem = createSecret(readFileSync(tlsFile('server.pem'), 'utf8'));

  it('a certificate that is not trusted, or not for this host; with its CA and its name it is', async () => {
    const [plain, port] = [await startRedisServer(), await freePort()];
    for (const [name, value] of [
      ['tls-cert-file', 'server.pem'],
      ['tls-key-file', 'server.key'],
      ['tls-ca-cert-file', 'server.pem'],
    ] as const)
      await admin(plain).config('SET', name, tlsFile(value).pathname);
    await admin(plain).config('SET', 'tls-auth-clients', 'no', 'tls-port', port);
    const url = createSecret(`rediss://127.0.0.1:${port}`);
    expect(await reasonOf({ url })).toContain('the certificate of Redis is self-signed. Name it in redis.tls.caFile');
    expect(await reasonOf({ url, tls: { ca: pem } })).toContain('Name what stands in it in redis.tls.servername');
    const redis = await becomesReady({ url, tls: { ca: pem, servername: 'redis.test' } });
    expect(await redis.ping()).toBe('PONG');
  });

  it('text that is no certificate', () => {
    const tls = { ca: createSecret('hush') };
    expect(() =>
      connect({ url: createSecret('rediss://127.0.0.1:1'), tls: { ...tls, cert: createSecret('x'), key: createSecret('y') } }),
    ).toThrow(expect.objectContaining({ code: 'RB_CONFIG_INVALID', message: expect.stringContaining('redis.tls:') }));
  });
});

it('a server that is too old', async () => {
  const { port } = await startRedisServer();
  // A real server that says an older version, of the same length.
  const relay = createServer((client) => {
    const server = connectTcp(port, '127.0.0.1');
    for (const socket of [client, server])
      socket.on('error', () => {}).on('close', () => [client, server].forEach((one) => one.destroy()));
    client.pipe(server);
    server.on('data', (chunk) => client.write(chunk.toString('latin1').replace(/(redis_version:)\d/, '$15'), 'latin1'));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void relay.close());
  await once(relay, 'listening');
  const address = relay.address();
  const url = createSecret(`redis://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
  const { redis, logger } = connect({ url });
  const overload = { memory: { high: 0.8, low: 0.7 } };
  const watch = createRedisWatch({ redis, prefix: 'ringback', durability: 'memory', overload, now: Date.now, logger });
  onTestFinished(() => watch.close());
  await vi.waitFor(() => expect(watch.unmet()?.message).toMatch(/^Redis 5\.\S+ is too old. Upgrade it/), SOON);
  expect(watch.unmet()?.code).toBe('RB_REDIS_REFUSES');
});
