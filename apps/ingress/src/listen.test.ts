import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { once } from 'node:events';
import Fastify from 'fastify';
import { expect, it, onTestFinished, vi } from 'vitest';
import { listen } from './listen.ts';

function setUp(addresses: readonly string[]) {
  const server = createServer((request, response) => app.routing(request, response));
  const app = Fastify({ serverFactory: () => server });
  app.get('/', async () => 'here');
  const warn = vi.fn<(fields: object, message: string) => void>();
  onTestFinished(() => app.close());
  const start = () => listen(app, { host: 'localhost', port: 0, logger: { warn }, addressesOf: async () => addresses });
  return { app, warn, start };
}

it('listens at every address of localhost that this machine has, with one port, until it closes', async () => {
  const { app, warn, start } = setUp(['127.0.0.1', '127.0.0.2', '203.0.113.1', '127.0.0.3']);
  const url = new URL(await start());
  expect(url.hostname).toBe('127.0.0.1');
  const get = async (host: string) => (await fetch(`http://${host}:${url.port}/`)).text();
  expect(await Promise.all(['127.0.0.1', '127.0.0.2', '127.0.0.3'].map(get))).toEqual(['here', 'here', 'here']);
  expect(warn).not.toHaveBeenCalled();
  await app.close();
  await expect(get('127.0.0.2')).rejects.toThrow('fetch failed');
});

it('says so if another program has the port at one of them', async () => {
  const { app, warn, start } = setUp(['127.0.0.1', '127.0.0.2']);
  const other = createTcpServer();
  onTestFinished(() => void other.close());
  app.addHook('onListen', async () => {
    const bound = app.server.address();
    other.listen({ host: '127.0.0.2', port: typeof bound === 'object' ? (bound?.port ?? 0) : 0 });
    await once(other, 'listening');
  });
  await start();
  expect(warn).toHaveBeenCalledWith(
    { code: 'RB_PORT_TAKEN', url: expect.stringMatching(/^http:\/\/127\.0\.0\.2:\d+$/) },
    expect.any(String),
  );
});
