import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecret } from '@ringback/contracts';
import { connectForCommand, leastAcl, LEAST_SENTINEL_ACL, type RedisAddress } from '@ringback/redis';
import {
  createInstallation,
  interfaceSettings,
  postCallback,
  type PrivateRedis,
  speakingTls,
  startCluster,
  startRedisServer,
  startSentinelSet,
  taskBody,
  TLS_FILES,
} from '@ringback/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ringback } from './commands.ts';

const SOON = { timeout: 60_000, interval: 50 };
const { caFile, certFile, keyFile, servername, otherCaFile } = TLS_FILES;
const TLS = `tls: { caFile: ${caFile}, certFile: ${certFile}, keyFile: ${keyFile}, servername: ${servername} }`;

type Secure = {
  readonly prefix: string;
  /** Of the section `redis`, but for the credentials of the servers. */
  readonly redis: string;
  readonly address: (tls: Tls) => RedisAddress;
  /** Where each of them may be told to be. */
  readonly nodes: readonly string[];
  readonly servers: readonly PrivateRedis[];
  readonly sentinels?: readonly PrivateRedis[];
};

type Tls = NonNullable<RedisAddress['tls']>;

const kinds: readonly (readonly [string, () => Promise<Secure>])[] = [
  [
    'a single server',
    async () => {
      const server = await startRedisServer(speakingTls());
      const url = `rediss://127.0.0.1:${server.port}`;
      const address = (tls: Tls): RedisAddress => ({ url: createSecret(url), tls });
      return { prefix: 'ringback', servers: [server], redis: `url: "${url}"`, address, nodes: [`127.0.0.1:${server.port}`] };
    },
  ],
  [
    'Sentinel',
    async () => {
      const { servers, sentinels, name, nodes } = await startSentinelSet({ tls: true });
      const at = nodes.map((node) => `"${node}"`).join(', ');
      const asking = `username: asker, passwordFile: ${await passwordFile('asked')}, ${TLS}`;
      const redis = `sentinel: { name: ${name}, nodes: [${at}], ${asking} }`;
      const known = { name, nodes, username: 'asker', password: createSecret('asked') };
      const address = (tls: Tls): RedisAddress => ({ sentinel: { ...known, tls }, tls });
      return { prefix: 'ringback', servers, sentinels, redis, address, nodes };
    },
  ],
  [
    'a Cluster',
    async () => {
      const { servers, settings, nodes } = await startCluster({ primaries: 2, replicas: false, tls: true });
      const address = (tls: Tls): RedisAddress => ({ cluster: { nodes }, tls });
      return { prefix: '{ringback:0}', servers, redis: settings, address, nodes };
    },
  ],
];

async function passwordFile(password: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ringback-password-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'password'), `${password}\n`);
  return join(folder, 'password');
}

async function addUser({ url, tls }: PrivateRedis, name: string, ...rules: readonly string[]): Promise<void> {
  const redis = new Redis(url, { ...(tls && { tls }) });
  await redis.acl('SETUSER', name, 'on', ...rules);
  redis.disconnect();
}

const pem = (file: string) => createSecret(readFileSync(file, 'utf8'));
const OURS: Tls = { ca: pem(caFile), cert: pem(certFile), key: pem(keyFile), servername };

/** What the operator's commands say in place of a connection. */
async function reasonOf(address: RedisAddress): Promise<string> {
  const own = { username: 'ringback', password: createSecret('secret'), prefix: '{ringback:0}' };
  return connectForCommand({ ...address, ...own, name: 'test' }).then(
    (redis) => {
      redis.disconnect();
      return 'connected';
    },
    (error: unknown) => String(error),
  );
}

type Report = { readonly findings: readonly Record<string, unknown>[]; readonly errors: number; readonly warnings: number };

async function certificatesSeen(env: Readonly<Record<string, string>>) {
  const { out } = await ringback(env, 'doctor', '--only', 'redis-reach,redis-tls', '--json');
  const { findings, errors, warnings } = JSON.parse(out) as Report;
  const subjects = findings.filter(({ check }) => check === 'redis-tls').map(({ subject }) => String(subject));
  const ours = subjects.filter((subject) => subject.endsWith(', ours')).length;
  return { theirs: subjects.length - ours, ours, errors, warnings };
}

describe.each(kinds)('TLS with %s', (_kind, start) => {
  it('and client certificates, passwords in files and the least rights: a callback goes in and is delivered', async () => {
    const { prefix, redis, address, nodes, servers, sentinels = [] } = await start();
    const rules = leastAcl({ prefix, durability: 'memory', cluster: prefix !== 'ringback' });
    for (const server of servers) await addUser(server, 'ringback', '>secret', ...rules);
    for (const sentinel of sentinels) await addUser(sentinel, 'asker', '>asked', ...LEAST_SENTINEL_ACL);
    const own = `username: ringback, passwordFile: ${await passwordFile('secret')}, ${TLS}`;
    const { env, sink, startIngress, startWorker } = await createInstallation({
      settings: (crmUrl) => interfaceSettings({ crmUrl, prefix: 'ringback', redis: `${redis}, ${own}` }),
    });
    const [ingress] = await Promise.all([startIngress(), startWorker()]);
    const post = () => postCallback({ ingress: ingress.url, requestID: 'one', body: taskBody({ taskStatus: 1 }) });
    await vi.waitFor(async () => expect(await post()).toMatchObject({ status: 200 }), SOON);
    await vi.waitFor(() => expect(sink.requests.length).toBeGreaterThan(0), SOON);

    const said = await Promise.all([
      reasonOf(address({ ...OURS, ca: pem(otherCaFile) })),
      reasonOf(address({ ...OURS, servername: 'other.test' })),
      reasonOf(address({ ca: pem(caFile), servername })),
    ]);
    const where = new RegExp(`\\(said by (${nodes.join('|')})\\)`);
    for (const text of said) expect(text).toMatch(where);
    expect(said).toEqual([
      expect.stringContaining('signed by a CA that is not known here. Name that in redis.tls.caFile'),
      expect.stringMatching(/not for the host .* in redis\.tls\.servername .*It is for DNS:redis\.test /),
      expect.stringContaining('asks for a certificate of ours. Name it in redis.tls.certFile'),
    ]);
    expect(await reasonOf(address(OURS))).toBe('connected');

    expect(await certificatesSeen(env)).toEqual({
      // With Sentinel its own, and that of the primary that they name.
      theirs: nodes.length + (sentinels.length > 0 ? 1 : 0),
      ours: sentinels.length > 0 ? 2 : 1,
      errors: 0,
      warnings: 0,
    });
  }, 240_000);
});
