import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { testRedis } from './redis.ts';
import { createTcpProxy } from './tcp-proxy.ts';

/** A server that keeps what it gets and echoes it, a proxy before it, and clients of the proxy. */
async function setUp() {
  const got: string[] = [];
  const ends: string[] = [];
  const server = createServer((socket) => {
    const index = got.push('') - 1;
    socket.on('data', (chunk) => {
      got[index] += String(chunk);
      socket.write(chunk);
    });
    socket.on('error', (error) => void ends.push('code' in error ? String(error.code) : error.message));
    socket.on('end', () => ends.push('end'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number }; // a TCP server has one
  const proxy = await createTcpProxy({ port });
  onTestFinished(async () => {
    await proxy.close();
    server.close();
  });
  return { proxy, got, ends };
}

async function open(port: number) {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const heard = { text: '', error: '' };
  socket.on('data', (chunk) => (heard.text += String(chunk)));
  socket.on('error', (error) => (heard.error = 'code' in error ? String(error.code) : error.message));
  await once(socket, 'connect');
  return { socket, heard };
}

const becomes = <T>(read: () => T, expected: T) => vi.waitFor(() => expect(read()).toEqual(expected), { interval: 5 });
/** Everything that the loop had to do before now is done. */
const roundTrip = async ({ socket, heard }: { socket: Socket; heard: { text: string } }) => {
  socket.write('!');
  await vi.waitFor(() => expect(heard.text).toContain('!'));
};

describe('a TCP proxy', () => {
  it('passes bytes both ways, and the end of a connection', async () => {
    const { proxy, got, ends } = await setUp();
    const { socket, heard } = await open(proxy.port);
    socket.write('hello');
    await becomes(() => heard.text, 'hello');
    expect(proxy.connections()).toBe(1);
    socket.end();
    await becomes(() => ends, ['end']);
    await becomes(() => proxy.connections(), 0);
    expect(got).toEqual(['hello']);
  });

  it('drops: nothing passes while connections stay open, and all of it does once healed', async () => {
    const { proxy, got } = await setUp();
    const before = await open(proxy.port);
    await roundTrip(before);
    proxy.drop();
    before.socket.write('one');
    const during = await open(proxy.port);
    during.socket.write('two');
    const other = await setUp();
    await roundTrip(await open(other.proxy.port));
    expect(got.join()).not.toMatch(/one|two/);
    await proxy.heal();
    await becomes(() => [before.heard.text, during.heard.text], ['!one', 'two']);
  });

  it('forgets open connections without a word to either side, and serves new ones', async () => {
    const { proxy, got, ends } = await setUp();
    const before = await open(proxy.port);
    await roundTrip(before);
    proxy.forget();
    before.socket.end('one');
    const after = await open(proxy.port);
    await roundTrip(after);
    expect([got, ends, before.heard]).toEqual([['!', '!'], [], { text: '!', error: '' }]);
    await proxy.heal();
    after.socket.write('two');
    await becomes(() => after.heard.text, '!two');
    expect([got, proxy.connections()]).toEqual([['!', '!two'], 2]);
  });

  it('passes on data to a peer that has closed its side', async () => {
    const { proxy, got } = await setUp();
    const { socket, heard } = await open(proxy.port);
    socket.allowHalfOpen = true;
    socket.end('all of it');
    await becomes(() => heard.text, 'all of it');
    expect(got).toEqual(['all of it']);
  });

  it('delays both ways, and keeps the order', async () => {
    const { proxy } = await setUp();
    const { socket, heard } = await open(proxy.port);
    proxy.delay(60);
    const started = performance.now();
    socket.write('one ');
    socket.write('two');
    await becomes(() => heard.text, 'one two');
    // Timers may be a little early.
    expect(performance.now() - started).toBeGreaterThan(115);
  });

  it('cuts open connections on both sides, and takes new ones', async () => {
    const { proxy, ends } = await setUp();
    const client = await open(proxy.port);
    await roundTrip(client);
    proxy.cut();
    await becomes(() => [client.heard.error, ...ends], ['ECONNRESET', 'ECONNRESET']);
    const after = await open(proxy.port);
    await roundTrip(after);
    expect(after.heard).toEqual({ text: '!', error: '' });
  });

  it('cuts a connection that is still being made to the server', async () => {
    const { proxy } = await setUp();
    const socket = connect(proxy.port, '127.0.0.1');
    socket.on('error', () => {});
    await vi.waitFor(() => expect(proxy.connections()).toBe(1), { interval: 0 });
    proxy.cut();
    await becomes(() => proxy.connections(), 0);
  });

  it('cuts in the middle of what a client sends, until healed', async () => {
    const { proxy, got } = await setUp();
    const before = await open(proxy.port);
    await roundTrip(before);
    proxy.cutAfter(3);
    before.socket.write('abcdef');
    await becomes(() => before.heard.error, 'ECONNRESET');
    const during = await open(proxy.port);
    during.socket.write('uvwxyz');
    await becomes(() => during.heard.error, 'ECONNRESET');
    await proxy.heal();
    const after = await open(proxy.port);
    after.socket.write('123456');
    await becomes(() => after.heard.text, '123456');
    expect(got).toEqual(['!abc', 'uvw', '123456']);
  });

  it('refuses new connections, keeps open ones, and takes new ones again on the same port', async () => {
    const { proxy } = await setUp();
    const before = await open(proxy.port);
    proxy.refuse();
    await expect(open(proxy.port)).rejects.toThrow('ECONNREFUSED');
    await roundTrip(before);
    await proxy.heal();
    await roundTrip(await open(proxy.port));
  });

  it('stands between a client of Redis and its server: a command cut in the middle did not happen', async () => {
    const target = new URL(testRedis().url);
    const proxy = await createTcpProxy({ port: Number(target.port) });
    onTestFinished(() => proxy.close());
    const redis = new Redis({ port: proxy.port, host: '127.0.0.1', maxRetriesPerRequest: 0, retryStrategy: () => 5 });
    redis.on('error', () => {});
    onTestFinished(() => redis.disconnect());
    const { prefix } = testRedis();
    await redis.set(`${prefix}:a`, '1');
    proxy.cutAfter(20);
    await expect(redis.set(`${prefix}:b`, 'x'.repeat(1000))).rejects.toThrow('max retries');
    await proxy.heal();
    await vi.waitFor(async () => expect(await redis.mget(`${prefix}:a`, `${prefix}:b`)).toEqual(['1', null]));
  });
});
