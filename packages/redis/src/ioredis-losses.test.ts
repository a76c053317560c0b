import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { startRedisServer } from '@ringback/testkit';
import { Redis, type RedisOptions } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { lossOf } from './ioredis-losses.ts';

const SOON = { timeout: 30_000, interval: 20 };

/** A connection whose errors are kept, in the order in which they came. */
function connect(url: string, options: Omit<RedisOptions, 'replyMapping'> = {}) {
  const redis = new Redis(url, { retryStrategy: () => null, ...options });
  const errors: Error[] = [];
  redis.on('error', (error: Error) => void errors.push(error));
  onTestFinished(() => redis.disconnect());
  return { redis, errors };
}

async function failureOf(work: Promise<unknown>): Promise<Error> {
  const failed = await work.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  return failed instanceof Error ? failed : new Error(String(failed));
}

/** Takes connections, and says nothing. */
async function silentServer(): Promise<number> {
  const taken: Socket[] = [];
  const server = createServer((socket) => void taken.push(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  onTestFinished(() => {
    for (const socket of taken) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

it('knows a command on a connection that was closed', async () => {
  const { url } = await startRedisServer();
  const { redis } = connect(url);
  await once(redis, 'ready');
  redis.disconnect();
  await once(redis, 'end');
  expect(lossOf(await failureOf(redis.get('key')))).toBe('connection closed');
});

it('knows a command whose connection was lost and that is not sent again', async () => {
  const server = await startRedisServer();
  const { redis } = connect(server.url, { maxRetriesPerRequest: 0, retryStrategy: () => 50 });
  await once(redis, 'ready');
  server.pause();
  const failure = failureOf(redis.get('key'));
  await server.kill();
  expect(lossOf(await failure)).toBe('the connection was lost');
});

it('knows a command that took too long, and a connection on which nothing came', async () => {
  const server = await startRedisServer();
  const { redis, errors } = connect(server.url, { commandTimeout: 50, socketTimeout: 200 });
  await once(redis, 'ready');
  server.pause();
  expect(lossOf(await failureOf(redis.get('key')))).toBe('a command took too long');
  await vi.waitFor(() => expect(errors.map(lossOf)).toContain('nothing came over the connection for too long'), SOON);
});

it('knows a command for which there is no connection yet', async () => {
  const { url } = await startRedisServer();
  const { redis } = connect(url, { enableOfflineQueue: false });
  expect(lossOf(await failureOf(redis.get('key')))).toBe('there is no connection');
});

it('knows a connection that did not come about in time', async () => {
  const port = await silentServer();
  const { errors } = connect(`rediss://127.0.0.1:${port}`, { connectTimeout: 100 });
  await vi.waitFor(() => expect(errors.map(lossOf)).toContain('no connection came about in time'), SOON);
});

it('takes no other error for one', () => {
  expect(lossOf(new Error('READONLY You cannot write'))).toBeUndefined();
});
