import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '@ringback/config';
import { outputTypes } from '@ringback/outputs';
import { checkCondition } from '@ringback/routing';
import { sourceTypes } from '@ringback/sources';
import { startApp, testRedis, writeSettings, interfaceSettings } from '@ringback/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';

/** A folder with nothing but the shipped example, as its maker ships it. */
async function folderWithExample(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ringback-example-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await copyFile(new URL('../ringback.example.yaml', import.meta.url), join(folder, 'ringback.example.yaml'));
  return folder;
}

describe.each(['ingress', 'worker'] as const)('%s', (app) => {
  it('does not start without settings, and says what to do', async () => {
    const process = startApp({ app, env: { REDIS_URL: testRedis().url }, cwd: await folderWithExample() });
    expect(await process.exit).toBe(1);
    expect(process.lines).toContainEqual(
      expect.objectContaining({
        msg: `${app} cannot run`,
        err: expect.objectContaining({
          code: 'RB_CONFIG_UNREADABLE',
          message: expect.stringMatching(/RINGBACK_CONFIG.*ringback\.yaml/),
        }),
      }),
    );
  });

  it('does not start with settings that have errors, and says where they are', async () => {
    const broken = interfaceSettings({ crmUrl: 'http://127.0.0.1:1', prefix: testRedis().prefix })
      .replace('timeout: 5s', 'timeout: soon')
      .replace('to: [crm]', 'to: [crn]');
    const process = startApp({ app, env: { RINGBACK_CONFIG: await writeSettings(broken), REDIS_URL: testRedis().url } });
    expect(await process.exit).toBe(1);
    const [message] = process.lines
      .filter(({ msg }) => msg === `${app} cannot run`)
      .map(({ err }) => (err as { message: string }).message);
    expect(message).toMatch(/ringback\.yaml:\d+:\d+ outputs\[0\]\.timeout: /);
    expect(message).toMatch(/ringback\.yaml:\d+:\d+ routes\[0\]\.to\[0\]: .*crm/);
  });
});

it('the worker says where an output stands that it cannot create', async () => {
  const settings = interfaceSettings({ crmUrl: 'http://hush@127.0.0.1:1', prefix: testRedis().prefix });
  const env = { RINGBACK_CONFIG: await writeSettings(settings), REDIS_URL: testRedis().url };
  const process = startApp({ app: 'worker', env });
  expect(await process.exit).toBe(1);
  const text = JSON.stringify(process.lines);
  expect(text).toMatch(/ringback\.yaml:\d+:\d+ outputs\[0\]: output crm: url holds a user name or password/);
  expect(text).not.toContain('hush');
});

it('the ingress says which port is taken', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number }; // a TCP server has one
  const settings = interfaceSettings({ crmUrl: 'http://127.0.0.1:1', prefix: testRedis().prefix }).replace(
    'port: 0',
    `port: ${port}`,
  );
  const process = startApp({
    app: 'ingress',
    env: { RINGBACK_CONFIG: await writeSettings(settings), REDIS_URL: testRedis().url },
  });
  expect(await process.exit).toBe(1);
  expect(process.lines).toContainEqual(
    expect.objectContaining({
      err: expect.objectContaining({ code: 'RB_PORT_TAKEN', message: expect.stringContaining(String(port)) }),
    }),
  );
});

describe('the shipped example', () => {
  const freePorts = ['ingress: {', 'ingress: { adminPort: 0,'] as const;

  async function startExample(env: Readonly<Record<string, string>> = {}) {
    const text = await readFile(new URL('../ringback.example.yaml', import.meta.url), 'utf8');
    const config = await writeSettings(text.replace(...freePorts).replace('port: 8080', 'port: 0'));
    return startApp({ app: 'ingress', env: { RINGBACK_CONFIG: config, REDIS_URL: testRedis().url, ...env } });
  }

  it('listens on loopback, and warns that everybody knows its secret', async () => {
    const process = await startExample();
    expect(await process.line('ingress is up')).toMatchObject({ url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
    // Other tests leave things in the same Redis.
    const warnings = process.lines.filter(({ level, code }) => level === 'warn' && code !== 'RB_PREFIX_LEFT');
    expect(warnings).toEqual([
      expect.objectContaining({ code: 'RB_SECRET_PUBLISHED', source: 'callbot', msg: expect.stringContaining('PUBLISHED') }),
    ]);
    expect(JSON.stringify(process.lines)).not.toContain('u7Mf3zUNOkg4lMV9a0E6cHSgIkK22GSr');
    expect(await process.stop()).toBe(0);
  });

  it('listens where RINGBACK_HOST says, as in a container', () => {
    const env = { RINGBACK_HOST: '0.0.0.0', REDIS_URL: testRedis().url };
    const path = fileURLToPath(new URL('../ringback.example.yaml', import.meta.url));
    expect(loadConfig({ path, env, sourceTypes, outputTypes, checkCondition }).ingress.host).toBe('0.0.0.0');
  });

  it('is refused in production', async () => {
    const process = await startExample({ NODE_ENV: 'production' });
    expect(await process.exit).toBe(1);
    expect(process.lines).toContainEqual(
      expect.objectContaining({
        msg: 'ingress cannot run',
        err: expect.objectContaining({ code: 'RB_SECRET_PUBLISHED', message: expect.stringContaining('source callbot') }),
      }),
    );
  });
});
