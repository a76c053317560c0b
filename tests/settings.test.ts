import { startApp, testRedis, writeSettings } from '@ringback/testkit';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { interfaceSettings } from './interface-settings.ts';

describe.each(['ingress', 'worker'] as const)('%s', (app) => {
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
