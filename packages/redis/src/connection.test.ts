import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { createSecret } from '@ringback/contracts';
import { freePort, startRedisServer } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { connectForCommand, connectPatient } from './connection.ts';

const SOON = { timeout: 30_000, interval: 20 };

function connect(url: string) {
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const redis = connectPatient({ url: createSecret(url), name: 'test', logger });
  onTestFinished(() => redis.disconnect());
  return { redis, logger };
}

async function reasonOf(url: string): Promise<string> {
  const { logger } = connect(url);
  await vi.waitFor(() => expect(logger.error).toHaveBeenCalled(), SOON);
  const [line, message] = logger.error.mock.calls[0] ?? [];
  expect(message).toBe('redis is away');
  return String(line.reason);
}

async function redisServer() {
  const server = await startRedisServer();
  const admin = new Redis(server.url);
  admin.on('error', () => {});
  onTestFinished(() => admin.disconnect());
  await admin.acl('SETUSER', 'ringback', 'on', '>right', '~*', '+@all');
  return { ...server, admin };
}

async function listening(server: Server): Promise<number> {
  server.on('error', () => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('a connection that is refused says why', () => {
  it('a wrong password, a user that is not there, a password that is missing', async () => {
    const { url, admin } = await redisServer();
    expect(await reasonOf(url.replace('//', '//ringback:wrong@'))).toContain(
      'WRONGPASS: Redis does not accept the user name and password',
    );
    expect(await reasonOf(url.replace('//', '//nobody:right@'))).toContain('WRONGPASS');
    await admin.config('SET', 'requirepass', 'sesame');
    expect(await reasonOf(url)).toContain('NOAUTH: Redis asks for a password');
  });

  it('a server that has all the clients it takes', async () => {
    const { url, admin } = await redisServer();
    await admin.config('SET', 'maxclients', '1');
    expect(await reasonOf(url)).toContain('max number of clients reached. Raise maxclients');
  });

  it('a database that is not there: it does not go on with another one', async () => {
    const { url } = await redisServer();
    const { redis, logger } = connect(`${url}/99`);
    await vi.waitFor(() => expect(logger.error).toHaveBeenCalled(), SOON);
    expect(logger.error.mock.calls[0]?.[0].reason).toContain('no database of this number');
    expect(redis.status).not.toBe('ready');
  });

  it('TLS where the server speaks none', async () => {
    const { port } = await redisServer();
    const { redis, logger } = connect(`rediss://127.0.0.1:${port}`);
    // The server waits for more of what it takes for a command: only the connection's own deadline ends that.
    await vi.waitFor(() => expect(redis.stream).toBeDefined(), SOON);
    redis.stream.destroy(Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' }));
    await vi.waitFor(() => expect(logger.error).toHaveBeenCalled(), SOON);
    expect(logger.error.mock.calls[0]?.[0].reason).toContain('Use redis:// instead of rediss://');
  });

  it('no TLS where the server speaks nothing else', async () => {
    const port = await listening(createTlsServer().on('tlsClientError', () => {}));
    expect(await reasonOf(`redis://127.0.0.1:${port}`)).toContain('Use rediss:// instead of redis://');
  });

  it.each([
    ['HTTP', createHttpServer()],
    [
      'a server that greets',
      createServer((socket) =>
        socket
          .on('error', () => {})
          .resume()
          .write('220 mail\r\n'),
      ),
    ],
  ])('what is no Redis: %s', async (_what, server) => {
    expect(await reasonOf(`redis://127.0.0.1:${await listening(server)}`)).toContain('what listens there is no Redis');
  });

  it('nobody listens; the operator’s command says it as well', async () => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    expect(await reasonOf(url)).toContain('ECONNREFUSED');
    await expect(connectForCommand({ url: createSecret(url), name: 'test' })).rejects.toMatchObject({
      code: 'RB_REDIS_UNAVAILABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  }, 180_000);

  it.each(['redis://host:99999', 'redis://:%zz@host', 'redis://a b', 'redis://user:sesame@[::1'])(
    'a URL that cannot be read: %s',
    (url) => {
      const open = () => connect(url);
      expect(open).toThrow(expect.objectContaining({ code: 'RB_CONFIG_INVALID', message: expect.stringContaining('REDIS_URL') }));
      expect(open).toThrow(expect.not.objectContaining({ message: expect.stringContaining('sesame') }));
    },
  );
});

describe('an outage', () => {
  it('is one line when it begins and one when it is over, however often the connection is tried', async () => {
    const server = await redisServer();
    const { redis, logger } = connect(server.url);
    await vi.waitFor(() => expect(redis.status).toBe('ready'), SOON);
    await server.kill();
    let failures = 0;
    redis.on('error', () => (failures += 1));
    await vi.waitFor(() => expect(failures).toBeGreaterThanOrEqual(4), SOON);
    await server.start();
    await vi.waitFor(() => expect(logger.info).toHaveBeenCalledTimes(1), SOON);
    expect(logger.info).toHaveBeenCalledWith(
      { connection: 'test', seconds: expect.any(Number), failures: expect.any(Number) },
      'redis is back',
    );
    expect(logger.error.mock.calls.map(([, message]) => message)).toEqual(['redis is away']);
  });

  it('is told again when its cause becomes one that a person must mend', async () => {
    const server = await redisServer();
    const { logger } = connect(server.url.replace('//', '//ringback:right@'));
    await server.kill();
    await vi.waitFor(() => expect(logger.error).toHaveBeenCalledTimes(1), SOON);
    await server.start();
    // The user was not on disk.
    await vi.waitFor(() => expect(logger.error).toHaveBeenCalledTimes(2), SOON);
    expect(logger.error.mock.calls[1]?.[0].reason).toContain('WRONGPASS');
  });
});
