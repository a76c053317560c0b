import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { testRedis } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { testFile } from '../run-cli.ts';
import { runCommand } from '../test-commands.ts';

it('takes a history that no worker has made yet as empty, says so, and makes no file', async () => {
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
    const told = await runCommand([...args, '--config', config], { REDIS_URL: url });
    expect({ args, ...told }).toMatchObject({ args, err: none, ...expected });
  }
  const removing = await runCommand(['forget', '--phone', '12025550100', '--yes', '--config', config], { REDIS_URL: url });
  expect(removing).toMatchObject({ code: 1, err: expect.stringContaining('RB_HISTORY_UNAVAILABLE') });
  expect(existsSync(dirname(path))).toBe(false);
});
