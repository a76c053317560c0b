import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { testFile } from '../run-cli.ts';
import { runCommand } from '../test-commands.ts';

async function setUp() {
  const { url, prefix } = testRedis();
  const config = await testFile(
    'ringback.yaml',
    `
redis: { prefix: ${prefix} }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: account, secrets: [s3cret-value] }] }]
outputs: [{ name: crm, type: webhook, url: 'https://example.com/hook' }]
routes: [{ to: [crm] }]
history: { store: sqlite, path: kept/history.sqlite }
`,
  );
  const path = join(dirname(config), 'kept/history.sqlite');
  const cliAt =
    (redis: string) =>
    (...args: string[]) =>
      runCommand([...args, '--config', config], { REDIS_URL: redis });
  return { prefix, url, config, path, cli: cliAt(url), cliAt };
}

it('takes a history that no worker has made yet as empty, says so, and makes no file', async () => {
  const { config, path, cli } = await setUp();
  const none = `no worker has made the history yet: there is nothing at ${path}\n`;
  const cases: [string[], { code: number; out?: unknown; err?: unknown }][] = [
    [['search'], { code: 0 }],
    [['search', '--state', 'dead', '--count', '--json'], { code: 0, out: '{"count":0}\n' }],
    [['tasks'], { code: 0, out: 'no callback of the history names a task\n' }],
    [['history', 'status'], { code: 0, out: expect.stringContaining('no callback yet') }],
    [['history', 'actions'], { code: 0 }],
    [['plan', config], { code: 0, out: expect.stringMatching(/^0 callbacks/) }],
    [['forget', '--phone', '12025550100', '--dry-run'], { code: 0, out: 'nothing was found\n' }],
    [['outputs'], { code: 0, out: expect.stringContaining('crm') }],
    [['dead-letters', 'list'], { code: 0 }],
    [['trace', 'r-1'], { code: 1, err: expect.stringContaining(`${none}nothing was found under this id`) }],
    [['route', 'r-1'], { code: 1, err: expect.stringContaining(`${none}the history has no callback`) }],
  ];
  for (const [args, expected] of cases) {
    const told = await cli(...args);
    expect({ args, ...told }).toMatchObject({ args, err: none, ...expected });
  }
  const removing = await cli('forget', '--phone', '12025550100', '--yes');
  expect(removing).toMatchObject({ code: 1, err: expect.stringContaining('RB_HISTORY_UNAVAILABLE') });
  expect(existsSync(dirname(path))).toBe(false);
});

const SEARCHES = [
  ['search'],
  ['search', '--state', 'dead', '--count'],
  ['tasks'],
  ['history', 'status'],
  ['status'],
  ['outputs'],
];

it.each([
  [
    'a writer has taken events',
    (redis: Redis, prefix: string) => redis.xgroup('CREATE', `${prefix}:history`, 'history', '0', 'MKSTREAM'),
  ],
  [
    'a worker runs with a history',
    async (redis: Redis, prefix: string) => {
      const running = { id: 'w', app: 'worker', version: '1', host: 'h', pid: 1, startedAt: 0, parts: { history: 'd' } };
      await redis.set(`${prefix}:process:w`, JSON.stringify(running));
      await redis.sadd(`${prefix}:processes`, 'w');
    },
  ],
])('names a history as missing that is not at its path, if %s', async (_, note) => {
  const { url, prefix, path, cli } = await setUp();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  await note(redis, prefix);
  const missing = `RB_HISTORY_UNAVAILABLE: no history at ${path}, but a worker writes one: wrong path, or moved away?`;
  for (const args of SEARCHES) {
    const { code, out, err } = await cli(...args);
    expect({ args, code, told: out + err }).toEqual({ args, code: 1, told: expect.stringContaining(missing) });
    expect(err).not.toContain('no worker has made');
  }
  expect((await cli('history', 'status')).err).toContain(`missing: history: ${missing}`);
  const report = await cli('doctor', '--json');
  expect(report.code).toBe(1);
  expect(report.out).toContain(missing);
});

it('does not say that none was made while Redis does not answer', async () => {
  const { path, cliAt } = await setUp();
  const told = await cliAt('redis://127.0.0.1:1')('search');
  const words = `RB_HISTORY_UNAVAILABLE: no history at ${path}, and it is not known whether a worker has made one: RB_REDIS_UNAVAILABLE`;
  expect(told).toEqual({ code: 1, out: '', err: expect.stringContaining(words) });
});
