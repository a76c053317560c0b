import { readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { askRedis, type RedisServerSpec } from '@ringback/redis-server';
import { describe, expect, inject, it, vi } from 'vitest';
import { parse } from 'yaml';
import { clusterServer } from './cluster/cluster-server.ts';
import { type Checkout, createCheckout, type Running } from './test-checkout.ts';
import { freePortBlock } from './test-ports.ts';

const DEADLINE = { timeout: 90_000, interval: 20 };
/** One for each primary. */
const KEYS = ['{ringback:0}:key', '{ringback:3}:key', '{ringback:2}:key'];

async function checkout(): Promise<Checkout> {
  const made = await createCheckout();
  symlinkSync(fileURLToPath(new URL('../node_modules', import.meta.url)), join(made.root, 'node_modules'));
  await made.redis();
  return made;
}

async function start(made: Checkout, port: number): Promise<Running> {
  const running = made.run(['scripts/cluster.ts', '--port', String(port)]);
  await vi.waitFor(() => expect(running.stdout() + running.stderr()).toContain('cluster  is up'), DEADLINE);
  return running;
}

describe('npm run cluster', () => {
  it('brings up six nodes, says the settings, and keeps data over a stop', async () => {
    const [made, port] = [await checkout(), await freePortBlock()];
    const first = await start(made, port);
    const [said = ''] = /redis:\n(?: {4}.*\n)+/.exec(first.stdout()) ?? [];
    const { redis } = parse(`  ${said}`);
    const ports = [0, 1, 2, 3, 4, 5].map((index) => port + index);
    expect(redis).toMatchObject({
      cluster: { nodes: ports.map((one) => `127.0.0.1:${one}`) },
      shards: 16,
      durability: 'replica',
    });
    expect(statSync(redis.passwordFile).mode & 0o077).toBe(0);
    const password = readFileSync(redis.passwordFile, 'utf8').trim();
    expect(first.stdout() + first.stderr()).not.toContain(password);
    const ask = async (index: number, ...words: [string, ...string[]]) =>
      askRedis(`redis://:${password}@127.0.0.1:${port + index}`, ...words);
    await expect(askRedis(`redis://127.0.0.1:${port}`, 'PING')).rejects.toThrow(/NOAUTH|closed/i);

    const roles = await Promise.all(ports.map(async (_, index) => String(await ask(index, 'ROLE')).split(',')[0]));
    expect(roles).toEqual(['master', 'master', 'master', 'slave', 'slave', 'slave']);
    for (const [index, key] of KEYS.entries()) await ask(index, 'SET', key, 'kept');
    const second = made.run(['scripts/cluster.ts', '--port', String(port)]);
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.stderr()).toContain('already runs in this folder');
    first.child.kill('SIGINT');
    expect(await first.ended).toEqual({ code: 0, signal: null });

    await start(made, port);
    for (const [index, key] of KEYS.entries()) expect(await ask(index, 'GET', key)).toBe('kept');
  }, 240_000);

  it('says which port is in use, and how to take others', async () => {
    const made = await checkout();
    const taken = Number(new URL(inject('redisUrl')).port);
    const running = made.run(['scripts/cluster.ts', '--port', String(taken - 5)]);
    expect(await running.ended).toEqual({ code: 1, signal: null });
    expect(running.stderr()).toMatch(new RegExp(`^ringback: port \\d+ is in use.*--port 7101`));
  });

  it.each(['0', '55531', 'x'])('refuses the port %s, and shows its options', async (port) => {
    const running = (await checkout()).run(['scripts/cluster.ts', '--port', port]);
    expect(await running.ended).toEqual({ code: 1, signal: null });
    expect(running.stderr()).toMatch(/a number from 1 to 55530[\s\S]*--port <first>/);
  });
});

describe('the server of a cluster', () => {
  const spec = (way: RedisServerSpec['way']): RedisServerSpec => ({ way, label: `a ${way}`, command: 'x', args: [], env: {} });

  it.each(['on PATH', 'Debian packages'] as const)('is one %s', (way) => {
    expect(clusterServer({ spec: spec(way) })).toEqual(spec(way));
  });

  it('is no container, and not missing: the error says how to get one', () => {
    expect(() => clusterServer({ spec: spec('Docker') })).toThrow(/a Docker cannot be a node here\nInstall redis-server/);
    expect(() => clusterServer({ reasons: ['no redis-server on PATH', 'not Debian'] })).toThrow(
      /needs a real Redis.*\n {2}- no redis-server on PATH\n {2}- not Debian\nInstall redis-server/,
    );
  });
});
