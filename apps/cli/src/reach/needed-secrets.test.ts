import { dirname } from 'node:path';
import { testRedis } from '@ringback/testkit';
import { describe, expect, it } from 'vitest';
import { runCli, testFile } from '../run-cli.ts';

const file = () =>
  testFile(
    'ringback.yaml',
    `
redis: { prefix: ${testRedis().prefix} }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: u, secrets: ["\${CALLBOT_SECRET}"] }] }]
outputs:
  - { name: crm, type: webhook, url: 'https://example.com/hook', headers: { authorization: 'Bearer \${CRM_TOKEN}' } }
  - { name: ops, type: slack, urlFile: /nowhere/slack }
routes: [{ to: [crm, ops] }]
`,
  );

describe('a command', () => {
  it.each([['outputs'], ['outputs', 'pause', 'crm'], ['dead-letters', 'list'], ['quarantine', 'list']])(
    'asks for no secret of a destination or a source where it needs none: %s %s',
    async (...args) => {
      const { code, err } = await runCli([...args, '--config', await file()], { env: { REDIS_URL: testRedis().url } });
      expect({ code, err }).toEqual({ code: 0, err: '' });
    },
  );

  it.each([
    [['outputs'], /^RB_CONFIG_INVALID: \S+:2:8 redis\.url: is missing; .* REDIS_URL/],
    [['dead-letters', 'list'], /^RB_CONFIG_INVALID: \S+:2:8 redis\.url: is missing; .* REDIS_URL/],
    [['send', 'task'], /^RB_CONFIG_INVALID: \S+:3:76 sources\[0\]\.accounts\[0\]\.secrets\[0\]: .* CALLBOT_SECRET is not set/],
  ])('says what it needs and does not have, with its place: %s', async (args, message) => {
    const config = await file();
    // Not in the project's folder, where npm start may have left a Redis to be found.
    const { code, err } = await runCli([...args, '--config', config], { cwd: dirname(config) });
    expect(code).toBe(1);
    expect(err).toMatch(message);
    expect(err).not.toContain('    at ');
  });

  it('that checks the settings names all that the apps would lack', async () => {
    const { code, err } = await runCli(['check', await file()]);
    expect(code).toBe(1);
    expect(err.match(/CALLBOT_SECRET is not set|CRM_TOKEN is not set|there is no such file/g)).toHaveLength(3);
  });
});
