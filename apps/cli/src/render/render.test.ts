import { expect, test } from 'vitest';
import { testFile } from '../run-cli.ts';
import { runCommand } from '../test-commands.ts';

const SETTINGS = `
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: u, secrets: [s3cret-value] }] }]
outputs:
  - name: crm
    type: webhook
    url: https://example.com/h00k?token=t0ken
    headers: { Authorization: Bearer s3cret-header }
    signingSecret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
    mask: { phone: true, name: true, paths: ['$.callInfoDetail.callAudioUrl'] }
  - { name: ops, type: slack, url: 'https://hooks.slack.com/services/T/B/X', mask: { phone: true, name: true } }
  - { name: log, type: stdout }
routes: [{ to: [crm] }]
`;

async function render(...args: string[]) {
  const config = await testFile('ringback.yaml', SETTINGS);
  return runCommand(['render', ...args, '--config', config], { REDIS_URL: 'redis://127.0.0.1:1' });
}

test('shows what a webhook would get: masked, and without secrets', async () => {
  const { code, out } = await render('order', '--output', 'crm', '--json');
  expect(code).toBe(0);
  const { url, headers, body } = JSON.parse(out);
  expect(url).toBe('https://example.com/[redacted]');
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    authorization: '[redacted]',
    'webhook-signature': '[redacted]',
  });
  const { data } = JSON.parse(body);
  expect(data).toMatchObject({
    userPhone: expect.stringMatching(/^\*+\d\d$/),
    userName: '***',
    orderID: expect.stringMatching(/^O/),
  });
  expect(data.callInfoDetail.callAudioUrl).toBe('***');
  expect(out).not.toMatch(/s3cret|t0ken|h00k/);
});

test('shows a message of a chat, with what a person would read', async () => {
  const { code, out } = await render('order', '--output', 'ops');
  expect(code).toBe(0);
  expect(out).toContain('POST https://hooks.slack.com/[redacted]');
  expect(out).not.toMatch(/1202555\d{4}/);
});

test('takes a file, and shows what an output without a mask would get', async () => {
  const body =
    '{"callbackType":2,"orderID":"O1","userPhone":"12025550100","userName":"A","sceneID":"S","userTaskID":"U","taskID":"T","finish":true,"other":"","callInfoDetail":{}}';
  const { out } = await render(await testFile('body.json', body), '--output', 'log');
  expect(out).toContain(`"data":${body}`);
});

test('an unknown output is named with the known ones', async () => {
  expect(await render('order', '--output', 'crn')).toMatchObject({ code: 1, err: expect.stringContaining('did you mean crm') });
});
