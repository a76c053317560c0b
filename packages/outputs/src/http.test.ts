import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createSink } from '@ringback/testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { createHttpClient, postDelivery } from './http.ts';

const { signal } = new AbortController();

async function setUp() {
  const [sink, http] = [await createSink(), createHttpClient()];
  onTestFinished(async () => {
    await http.close();
    await sink.close();
  });
  return {
    sink,
    http,
    post: (body = 'hello') => http.post({ url: `${sink.url}/a%20b?c=d#e`, headers: { 'x-one': '1' }, body, signal }),
  };
}

describe('createHttpClient', () => {
  it('posts and reads the answer', async () => {
    const { sink, post } = await setUp();
    sink.answer({ status: 418, headers: { 'X-Two': '2' }, body: 'grüße' });
    expect(await post()).toMatchObject({ status: 418, headers: { 'x-two': '2' }, text: 'grüße' });
    expect(sink.requests).toHaveLength(1);
    expect(sink.requests[0]).toMatchObject({
      method: 'POST',
      path: '/a%20b?c=d',
      headers: { 'x-one': '1', 'user-agent': `ringback/${manifest.version}`, 'content-length': '5' },
      body: Buffer.from('hello'),
    });
  });

  it('reads 64 KiB of an answer and no more', async () => {
    const { sink, post } = await setUp();
    sink.answer({ huge: 1024 ** 2 });
    expect((await post()).text).toBe('x'.repeat(64 * 1024));
    sink.answer({ status: 200, body: 'y'.repeat(64 * 1024) });
    expect((await post()).text).toBe('y'.repeat(64 * 1024));
  });

  it('keeps connections for later requests', async () => {
    const { sink, post } = await setUp();
    sink.answer({ status: 500, body: 'z'.repeat(10_000) });
    for (let count = 0; count < 50; count += 1) await post();
    // Not exactly one: the pool opens another when the last request is not quite over.
    expect(new Set(sink.requests.map(({ clientPort }) => clientPort)).size).toBeLessThan(10);
  });

  it('cuts off what is open when it is closed', async () => {
    const { sink, http, post } = await setUp();
    sink.answer('hang');
    const outcome = post().catch((error: unknown) => error);
    await vi.waitFor(() => expect(sink.requests).toHaveLength(1));
    await http.close();
    expect(await outcome).toBeInstanceOf(Error);
  });
});

describe('postDelivery', () => {
  it('explains a failure with what the output read in the answer', async () => {
    const { sink, http } = await setUp();
    sink.answer({ status: 400, body: 'no' });
    const options = { url: sink.url, headers: {}, body: '', signal };
    const result = await postDelivery({ http, now: Date.now }, { ...options, explain: ({ text }) => text.toUpperCase() });
    expect(result).toEqual({ outcome: 'dead', reason: 'HTTP 400: NO', status: 400, answer: 'no' });
  });

  it('keeps the first KiB of a refusal, cut between characters, and nothing of an answer that takes the delivery', async () => {
    const { sink, http } = await setUp();
    const attempt = () => postDelivery({ http, now: Date.now }, { url: sink.url, headers: {}, body: '', signal });
    for (const status of [422, 500]) {
      sink.answer({ status, body: `x${'ü'.repeat(10_000)}` });
      expect(await attempt()).toMatchObject({ answer: `x${'ü'.repeat(511)}` });
    }
    sink.answer({ status: 422, body: 'x'.repeat(1024 ** 2) });
    expect(await attempt()).toMatchObject({ answer: 'x'.repeat(1024) });
    sink.answer({ status: 200, body: 'fine' });
    expect(await attempt()).toEqual({ outcome: 'delivered', detail: 'HTTP 200', status: 200 });
  });

  it('names the TLS error when the other side does not speak TLS', async () => {
    const { sink, http } = await setUp();
    const url = sink.url.replace('http:', 'https:');
    const result = await postDelivery({ http, now: Date.now }, { url, headers: {}, body: '', signal });
    expect(result).toEqual({ outcome: 'retry', failure: 'unavailable', reason: expect.stringMatching(/^tls: [A-Z_]+$/) });
  });

  it('says that what answers speaks no HTTP', async () => {
    const { http } = await setUp();
    const { port } = await startMuteServer('SSH-2.0-OpenSSH_9.2\r\n');
    const url = `http://127.0.0.1:${port}`;
    const result = await postDelivery({ http, now: Date.now }, { url, headers: {}, body: '', signal });
    expect(result).toEqual({ outcome: 'retry', failure: 'unavailable', reason: 'not an HTTP answer' });
  });

  it('ends with its signal while the connection is still being made', async () => {
    const { http } = await setUp();
    const mute = await startMuteServer();
    const controller = new AbortController();
    const url = `https://127.0.0.1:${mute.port}`;
    const result = postDelivery({ http, now: Date.now }, { url, headers: {}, body: '', signal: controller.signal });
    await vi.waitFor(() => expect(mute.connections).toHaveLength(1));
    controller.abort(new DOMException('too slow', 'TimeoutError'));
    expect(await result).toEqual({ outcome: 'retry', failure: 'unavailable', reason: 'timeout' });
    // It was the signal, and not the end of the connection, that ended the attempt.
    expect(mute.connections[0]?.destroyed).toBe(false);
  });
});

/** Takes connections and says nothing, so that a TLS handshake waits; or says `only` to what it gets. */
async function startMuteServer(only = ''): Promise<{ port: number; connections: readonly Socket[] }> {
  const connections: Socket[] = [];
  const server = createServer((socket) => {
    connections.push(socket);
    socket.on('error', () => socket.destroy()).on('data', () => only && socket.end(only));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const connection of connections) connection.destroy();
    await closed;
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, connections };
}
