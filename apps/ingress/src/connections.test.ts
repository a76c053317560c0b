import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { SILENT } from '@ringback/contracts';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { boundConnections, CONNECTION_BOUNDS, type ConnectionsOptions } from './connections.ts';

const LARGE = Buffer.alloc(32 * 1024 * 1024, 'x');

type Overrides = Partial<Pick<ConnectionsOptions, 'maxConnections' | 'maxOwed' | 'bounds'>>;

/** A server with bounds, and how often it began a request. */
async function listen(answer: RequestListener, overrides: Overrides = {}) {
  const server = createServer();
  const options = { maxConnections: () => 100, maxOwed: () => 100, bounds: CONNECTION_BOUNDS, ...overrides };
  const connections = boundConnections({ server, logger: SILENT, ...options });
  const begun = vi.fn(answer);
  server.on('request', begun);
  const handedOut = vi.fn();
  server.on('upgrade', handedOut).on('connect', handedOut);
  // In the order in which they came: each test waits for one before it opens the next.
  const [ours, theirs]: [Socket[], Socket[]] = [[], []];
  server.on('connection', (socket: Socket) => void ours.push(socket));
  /** Whether the server has closed its end of the connection. */
  const isClosed = (socket: Socket) => ours[theirs.indexOf(socket)]?.destroyed;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    onTestFinished(() => void socket.destroy());
    theirs.push(socket);
    await vi.waitFor(() => expect(ours).toHaveLength(theirs.length), 10_000);
    return socket;
  };
  return { open, begun, handedOut, connections, isClosed };
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const answersIn = (all: string) => all.split('HTTP/1.1 200').length - 1;

// What begins no request leans on a private part of Node's parser: should that change, thousands are begun
// here.
describe('requests that come in one go', () => {
  it('are begun up to a bound; the last of them is answered with connection: close', async () => {
    const { open, begun } = await listen((_request, response) => void response.end('well'));
    const socket = await open();
    socket.write(GET.repeat(2000));
    const all = await text(socket);
    expect(answersIn(all)).toBe(CONNECTION_BOUNDS.pipelined);
    expect(all.match(/connection: close/gi)).toHaveLength(1);
    expect(begun).toHaveBeenCalledTimes(CONNECTION_BOUNDS.pipelined);
  });

  it.each(['CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: b\r\n\r\n'])(
    'and are not begun hand out no socket: %j',
    async (request) => {
      const { open, begun, handedOut } = await listen((_request, response) => void setImmediate(() => response.end('well')));
      const socket = await open();
      socket.write(GET.repeat(CONNECTION_BOUNDS.pipelined) + request.repeat(100));
      expect(answersIn(await text(socket))).toBe(CONNECTION_BOUNDS.pipelined);
      expect([begun.mock.calls.length, handedOut.mock.calls.length]).toEqual([CONNECTION_BOUNDS.pipelined, 0]);
    },
  );

  it('one after the other are as many as there are', async () => {
    const { open, begun } = await listen((_request, response) => void response.end('well'));
    const socket = await open();
    for (let serial = 0; serial < 3 * CONNECTION_BOUNDS.pipelined; serial += 1) {
      socket.write(GET);
      await once(socket, 'data');
    }
    expect(begun).toHaveBeenCalledTimes(3 * CONNECTION_BOUNDS.pipelined);
  });
});

describe('an answer that nobody reads', () => {
  it('closes its connection after a time, and one that is read does not', async () => {
    const bounds = { ...CONNECTION_BOUNDS, sweep: 100, unreadSweeps: 20 };
    const { open, isClosed } = await listen((_request, response) => void response.end(LARGE), { bounds });
    const [silent, reading] = [await open(), await open()];
    silent.pause();
    let read = 0;
    reading.on('data', (chunk) => (read += chunk.length));
    for (const socket of [silent, reading]) socket.write(GET);
    await vi.waitFor(() => expect(read).toBeGreaterThan(LARGE.length), 25_000);
    await vi.waitFor(() => expect(isClosed(silent)).toBe(true), 10_000);
    expect(isClosed(reading)).toBe(false);
  }, 180_000);

  it('closes it at once where too many are owed', async () => {
    const { open, connections, isClosed } = await listen((_request, response) => void response.end(LARGE), { maxOwed: () => 2 });
    const unread = [await open(), await open()];
    for (const socket of unread) {
      socket.pause();
      socket.write(GET);
      await once(socket, 'readable');
    }
    const next = await open();
    next.write(GET);
    await once(next, 'data');
    expect(unread.map(isClosed)).toEqual([true, false]);
    expect(connections.notReadyReasons()).toEqual([]);
  });
});
