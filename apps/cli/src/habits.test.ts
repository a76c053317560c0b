import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCli, startCli, testFile } from './run-cli.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const settings = (prefix = testRedis().prefix) => `
redis: { prefix: ${prefix} }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: u, secrets: [hush] }] }]
outputs: [{ name: crm, type: stdout }]
routes: [{ to: [crm] }]
`;

describe('dead-letters --output', () => {
  it.each([['list'], ['replay', '--yes'], ['purge', '--yes']])('refuses a name that nobody knows: %s', async (...args) => {
    const config = await testFile('ringback.yaml', settings());
    const command = ['dead-letters', ...args, '--output', 'crn', '--config', config];
    const { code, err } = await runCli(command, { env: { REDIS_URL: testRedis().url } });
    const message = 'RB_OUTPUT_UNKNOWN: no output is called crn; did you mean crm? Known: crm\n';
    expect({ code, err }).toEqual({ code: 1, err: message });
  });

  it('takes the name of an output that has left the settings', async () => {
    const { url, prefix } = testRedis();
    const redis = new Redis(url);
    onTestFinished(() => redis.disconnect());
    await redis.sadd(`${prefix}:outputs`, 'gone');
    const config = await testFile('ringback.yaml', settings(prefix));
    const { code, out, err } = await runCli(['dead-letters', 'list', '--output', 'gone', '--config', config], {
      env: { REDIS_URL: url },
    });
    expect({ code, out, err }).toEqual({ code: 0, out: 'nothing is kept that fits\n', err: '' });
  });
});

it.each([
  ['diff', 'missing required argument'],
  ['status --jsn', 'unknown option'],
])('exits with 2, which no answer does, if it is called wrongly: %s', async (command, problem) => {
  const { code, out, err } = await runCli(command.split(' '));
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(problem);
});

it('ends quietly when nobody reads on', async () => {
  const child = startCli(['schema']);
  child.stdout?.destroy();
  const [err, [code]] = await Promise.all([child.stderr && text(child.stderr), once(child, 'exit')]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
});

it('tells its version', async () => {
  expect((await runCli(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

it('makes signing secrets that a webhook takes, each a new one', async () => {
  const [first, second] = await Promise.all([runCli(['secret']), runCli(['secret'])]);
  expect(first.out).toMatch(/^whsec_[A-Za-z0-9+/]{43}=\n$/);
  expect(first.out).not.toBe(second.out);
});

it('writes a key to a new file that only its owner may read', async () => {
  const path = join(dirname(await testFile('x', '')), 'body.key');
  const write = () => runCli(['secret', '--key', '--out', path]);
  expect(await write()).toEqual({ code: 0, out: `written to ${path}, which only its owner may read\n`, err: '' });
  const key = readFileSync(path, 'utf8');
  expect([key.trim(), statSync(path).mode & 0o777]).toEqual([expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/), 0o600]);
  expect(await write()).toEqual({ code: 1, out: '', err: `${path} exists already: name another file\n` });
  expect(readFileSync(path, 'utf8')).toBe(key);
});

describe('a relative path', () => {
  it('is relative to the folder of the caller, although npm runs the command elsewhere', async () => {
    const file = await testFile('mine.yaml', settings());
    const folder = join(dirname(file), 'deeper');
    mkdirSync(folder);
    const launch = (...args: string[]) =>
      spawnSync(process.execPath, [join(ROOT, 'scripts/launch.mjs'), 'ringback', ...args], {
        cwd: ROOT,
        env: { ...process.env, INIT_CWD: folder, RINGBACK_NODE: 'host' },
        encoding: 'utf8',
        timeout: 60_000,
      });
    expect(launch('check', '../mine.yaml').stdout).toContain('mine.yaml is fine');
    expect(launch('route', '--config', '../mine.yaml').stdout).toContain('would go to crm');
  });
});
