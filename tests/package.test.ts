import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { VERSION } from '@ringback/observability';
import { createSink, redisSpec, testRedis } from '@ringback/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { pack } from '../scripts/pack/pack.ts';
import { sbomOf } from '../scripts/release/sbom.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DEADLINE = { timeout: 60_000, interval: 20 };
const INSTALLS_WITHIN_MS = 240_000;

/** Outside of the checkout: nothing of it can be found from here. */
const outside = mkdtempSync(join(tmpdir(), 'ringback-package-'));
const folder = join(outside, 'empty');
let packed: Awaited<ReturnType<typeof pack>>;

/** This Node, for npm and what npx runs; nothing of the npm and the vitest that run the tests. */
function environment(): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD|RINGBACK_|REDIS_URL|NODE_|VITEST)/.test(name));
  const path = [join(outside, 'bin'), dirname(process.execPath), process.env['PATH']].join(delimiter);
  const { NODE_EXTRA_CA_CERTS, npm_config_registry } = process.env;
  return { ...Object.fromEntries(others), NODE_EXTRA_CA_CERTS, npm_config_registry, PATH: path, NO_COLOR: '1' };
}

/** Runs `npx ringback …` to its end. */
function ringback(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return run('npx', ['ringback', ...args], { cwd: folder, env: { ...environment(), ...env }, timeout: DEADLINE.timeout });
}

type Running = { readonly text: () => string; readonly stop: () => Promise<void> };

/** Runs a process of `npx ringback …`; npx leads a group of its own, as in a terminal. */
function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn('npx', ['ringback', ...args], {
    cwd: folder,
    env: { ...environment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  let closed = false;
  const ended = once(child, 'close').then(() => (closed = true));
  // As Ctrl-C does it: every process of the group gets it.
  const stop = async () => {
    if (!closed && child.pid) process.kill(-child.pid, 'SIGINT');
    await ended;
  };
  onTestFinished(stop);
  return { text: () => text, stop };
}

async function line(running: Running, message: string): Promise<Readonly<Record<string, unknown>>> {
  return vi.waitFor(() => {
    const found = running
      .text()
      .split('\n')
      .find((text) => text.includes(`"msg":"${message}"`));
    if (found === undefined) throw new Error(`no line "${message}": ${running.text().slice(-1000)}`);
    return JSON.parse(found) as Record<string, unknown>;
  }, DEADLINE);
}

beforeAll(async () => {
  mkdirSync(folder);
  packed = await pack({ root: ROOT, to: join(outside, 'packed') });
  writeFileSync(join(folder, 'package.json'), '{}');
  const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', packed.tarball];
  await run('npm', args, { cwd: folder, env: environment(), timeout: INSTALLS_WITHIN_MS });
}, INSTALLS_WITHIN_MS);

afterAll(() => rmSync(outside, { recursive: true, force: true, maxRetries: 20 }));

describe('the package', () => {
  it('holds JavaScript, the schema and the example, and no TypeScript', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'dist/ringback.js', 'ringback.example.yaml', 'ringback.schema.json']),
    );
    expect(paths.filter((path) => /\.[cm]?ts$/.test(path))).toEqual([]);
    const kib = (bytes: number) => `${Math.round(bytes / 1024)} KiB`;
    console.log(`the package: ${kib(packed.size)}, ${kib(packed.unpackedSize)} unpacked, ${paths.length} files`);
    // docs/installing.md says so.
    expect(packed.unpackedSize).toBeLessThan(1024 * 1024);
  });

  it('names exact versions of what it needs, and nothing of the workspace', () => {
    const manifest = JSON.parse(readFileSync(join(folder, 'node_modules/ringback/package.json'), 'utf8')) as {
      version: string;
      dependencies: Record<string, string>;
    };
    expect(manifest).toMatchObject({ version: VERSION, license: 'Apache-2.0', engines: { node: expect.any(String) } });
    expect(Object.keys(manifest)).not.toContain('devDependencies');
    for (const [name, version] of Object.entries(manifest.dependencies)) {
      expect({ name, version }).toEqual({
        name: expect.not.stringContaining('@ringback'),
        version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      });
    }
    expect(existsSync(join(folder, 'node_modules/@ringback'))).toBe(false);
  });

  it(
    'has a list of what an installation holds',
    async () => {
      const text = await sbomOf(packed.tarball);
      // Nothing of the machine that made it.
      expect(text).not.toContain(tmpdir());
      const sbom = JSON.parse(text) as { bomFormat: string; components: { name: string; version: string }[] };
      expect(sbom.bomFormat).toBe('CycloneDX');
      const names = sbom.components.map(({ name, version }) => `${name}@${version}`);
      expect(names).toEqual(expect.arrayContaining([`ringback@${VERSION}`, 'bullmq@6.7.0', 'fastify@5.12.8']));
    },
    INSTALLS_WITHIN_MS,
  );

  it('tells its version, everywhere', async () => {
    const commands = [[], ['start'], ['ingress'], ['worker'], ['check'], ['dead-letters', 'list']];
    for (const command of commands) expect((await ringback([...command, '--version'])).stdout).toBe(`${VERSION}\n`);
  }, 120_000);

  it('makes settings, checks them, and delivers a callback', async () => {
    const sink = await createSink();
    onTestFinished(() => sink.close());
    const { url, prefix } = testRedis();
    await ringback(['init', '--yes']);
    expect((await ringback(['check'])).stdout).toContain('ringback.yaml is fine');
    const path = join(folder, 'ringback.yaml');
    const text = readFileSync(path, 'utf8')
      .replace('type: stdout', `type: webhook\n    url: ${sink.url}/hook`)
      .replace('port: 8080', 'port: 0, adminPort: 0');
    writeFileSync(path, `${text}\nredis: { prefix: ${prefix} }\nworker: { adminPort: 0 }\n`);

    const [ingress, worker] = [start(['ingress'], { REDIS_URL: url }), start(['worker'], { REDIS_URL: url })];
    const up = await line(ingress, 'ingress is up');
    expect([up, await line(worker, 'worker is up')]).toEqual([
      expect.objectContaining({ version: VERSION, redis: 'connected' }),
      expect.objectContaining({ version: VERSION, outputs: ['console'] }),
    ]);
    const sent = await ringback(['send', 'task', '--url', String(up['url'])]);
    expect(sent.stdout).toContain('200');
    await vi.waitFor(() => expect(sink.requests).toHaveLength(1), DEADLINE);
    expect(JSON.parse(String(sink.requests[0]?.body))).toMatchObject({ type: 'callbot.task.completed', source: 'callbot' });
    expect((await ringback(['outputs'], { REDIS_URL: url })).stdout).toContain('console');
    await Promise.all([ingress.stop(), worker.stop()]);
    expect(ingress.text()).toContain('ingress has stopped');
    expect(worker.text()).toContain('worker has stopped');
  }, 180_000);

  it('starts everything with one command, Redis included', async () => {
    const { command, args, env } = redisSpec();
    const script = Object.entries(env).map(([key, value]) => `export ${key}='${value}'`);
    mkdirSync(join(outside, 'bin'), { recursive: true });
    writeFileSync(
      join(outside, 'bin/redis-server'),
      `#!/bin/sh\n${script.join('\n')}\nexec '${command}' ${args.join(' ')} "$@"\n`,
    );
    chmodSync(join(outside, 'bin/redis-server'), 0o755);
    await ringback(['init', '--yes', '--force']);
    const path = join(folder, 'ringback.yaml');
    writeFileSync(
      path,
      `${readFileSync(path, 'utf8').replace('port: 8080', 'port: 0, adminPort: 0')}\nworker: { adminPort: 0 }\n`,
    );

    const running = start(['start', '--workers', '2']);
    await vi.waitFor(() => expect(running.text()).toContain('Everything is up'), DEADLINE);
    expect(running.text()).toMatch(new RegExp(`^ringback ${VERSION}\nsettings are read from ringback.yaml`));
    const url = /ingress 1 is up at (\S+),/.exec(running.text())?.[1] ?? '';
    expect(running.text()).toContain('worker 2 is up');
    await ringback(['send', 'order', '--url', url]);
    await vi.waitFor(() => expect(running.text()).toContain('"type":"callbot.order'), DEADLINE);
    // It finds the Redis of the start by itself.
    expect((await ringback(['outputs'])).stdout).toContain('console');
    await running.stop();
    expect(running.text()).toContain('ingress has stopped');
    expect(running.text()).toContain('worker has stopped');
    expect(existsSync(join(folder, '.ringback/redis.url'))).toBe(true);
  }, 180_000);
});
