import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHistory } from '@ringback/history';
import { VERSION } from '@ringback/observability';
import {
  createOtlpReceiver,
  createSink,
  interfaceSettings,
  postCallback,
  redisSpec,
  type RedisSet,
  startCluster,
  startSentinelSet,
  taskBody,
  testRedis,
} from '@ringback/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { sbomOf } from '../scripts/release/sbom.ts';
import { DEADLINE, INSTALLS_WITHIN_MS, installPackage, line } from './installed-package.ts';

let installed: Awaited<ReturnType<typeof installPackage>>;

beforeAll(async () => {
  installed = await installPackage();
}, INSTALLS_WITHIN_MS);

afterAll(() => installed.remove());

describe('the package', () => {
  it('holds JavaScript, the schema and the example, and no TypeScript', () => {
    const { packed } = installed;
    const paths = packed.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'dist/ringback.js', 'ringback.example.yaml', 'ringback.schema.json']),
    );
    expect(paths.filter((path) => /\.[cm]?ts$/.test(path))).toEqual([]);
    const kib = (bytes: number) => `${Math.round(bytes / 1024)} KiB`;
    console.log(`the package: ${kib(packed.size)}, ${kib(packed.unpackedSize)} unpacked, ${paths.length} files`);
    // docs/installing.md says so.
    expect(packed.unpackedSize).toBeLessThan(2 * 1024 * 1024);
  });

  it('names exact versions of what it needs, and nothing of the workspace', () => {
    const manifest = JSON.parse(readFileSync(join(installed.folder, 'node_modules/ringback/package.json'), 'utf8')) as {
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
    expect(existsSync(join(installed.folder, 'node_modules/@ringback'))).toBe(false);
  });

  it(
    'has a list of what an installation holds',
    async () => {
      const text = await sbomOf(installed.packed.tarball);
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
    const commands = [[], ['worker'], ['dead-letters', 'list']];
    for (const command of commands) expect((await installed.ringback([...command, '--version'])).stdout).toBe(`${VERSION}\n`);
  }, 120_000);

  it('makes settings, checks them, and delivers a callback', async () => {
    const [sink, receiver] = await Promise.all([createSink(), createOtlpReceiver()]);
    onTestFinished(async () => void (await Promise.all([sink.close(), receiver.close()])));
    const { url, prefix } = testRedis();
    const { folder, ringback, start } = installed;
    await ringback(['init', '--yes']);
    expect((await ringback(['check'])).stdout).toContain('ringback.yaml is fine');
    const path = join(folder, 'ringback.yaml');
    const text = readFileSync(path, 'utf8')
      .replace('type: stdout', `type: webhook\n    url: ${sink.url}/hook`)
      .replace('port: 8080', 'port: 0, adminPort: 0');
    writeFileSync(
      path,
      `${text}\nredis: { prefix: ${prefix} }\nworker: { adminPort: 0 }\ntracing: { endpoint: "${receiver.url}" }\n`,
    );

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
    // The thread of the worker is bundled as well.
    const history = await openHistory({ store: 'sqlite', path: '.ringback/history.sqlite' }, { folder });
    onTestFinished(() => history.close());
    await vi.waitFor(async () => expect(await history.count({ state: 'delivered' })).toBe(1), DEADLINE);
    // With `tracing`, more modules are loaded.
    const spans = () => receiver.spans.map(({ name }) => name).toSorted();
    await vi.waitFor(() => expect(spans()).toEqual(['POST /api/v3/taskCallback', 'deliver console', 'dispatch']), DEADLINE);
    await Promise.all([ingress.stop(), worker.stop()]);
    expect(ingress.text()).toContain('ingress has stopped');
    expect(worker.text()).toContain('worker has stopped');
  }, 180_000);

  const sets: readonly (readonly [string, () => Promise<RedisSet>])[] = [
    ['Sentinel', startSentinelSet],
    ['a Redis Cluster', () => startCluster({ primaries: 2, replicas: false })],
  ];
  it.each(sets)(
    'delivers a callback by %s',
    async (_kind, startSet) => {
      const set = await startSet();
      const sink = await createSink();
      onTestFinished(() => sink.close());
      const { folder, ringback, start } = installed;
      const settings = interfaceSettings({ crmUrl: sink.url, prefix: 'ringback', redis: set.settings });
      writeFileSync(join(folder, 'set.yaml'), settings);
      const named = { RINGBACK_CONFIG: 'set.yaml' };
      // No Redis is started beside the one that the settings name.
      const running = start(['start'], named);
      await vi.waitFor(() => expect(running.text()).toContain('Everything is up'), DEADLINE);
      expect(running.text()).toContain('redis    is the one that the settings name');
      const url = /ingress {2}is up at (\S+),/.exec(running.text())?.[1] ?? '';
      const post = () => postCallback({ ingress: url, requestID: 'one', body: taskBody({ taskStatus: 1 }) });
      await vi.waitFor(async () => expect(await post()).toMatchObject({ status: 200 }), DEADLINE);
      await vi.waitFor(() => expect(sink.requests.length).toBeGreaterThan(0), DEADLINE);
      expect((await ringback(['outputs'], named)).stdout).toContain('crm');
      await running.stop();
      expect(existsSync(join(folder, '.ringback/redis'))).toBe(false);
    },
    180_000,
  );

  it('starts everything with one command, Redis included', async () => {
    const { bin, folder, ringback, start } = installed;
    const { command, args, env } = redisSpec();
    const script = Object.entries(env).map(([key, value]) => `export ${key}='${value}'`);
    writeFileSync(join(bin, 'redis-server'), `#!/bin/sh\n${script.join('\n')}\nexec '${command}' ${args.join(' ')} "$@"\n`);
    chmodSync(join(bin, 'redis-server'), 0o755);
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
    process.kill(Number(/kill -HUP (\d+)/.exec(running.text())?.[1]), 'SIGHUP');
    const reloads = () => running.text().split('settings reloaded').length - 1;
    await vi.waitFor(() => expect(reloads()).toBe(3), DEADLINE);
    await running.stop();
    expect(running.text()).toContain('ingress has stopped');
    expect(running.text()).toContain('worker has stopped');
    expect(existsSync(join(folder, '.ringback/redis.url'))).toBe(true);
  }, 180_000);
});
