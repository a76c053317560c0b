import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { RingbackError, SILENT, type Source } from '@ringback/contracts';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { buildApp } from './app.ts';

const MIB = 1024 * 1024;
/** A bound, in ms or bytes, that no test reaches: what is closed there is closed for another reason. */
const NEVER = 600_000_000;

type Overrides = { readonly ms?: number; readonly bytes?: number; readonly maxInFlight?: number };

const never = () => {
  throw new RingbackError('RB_SIGN_MISMATCH', 'nobody is believed');
};
/** Of any head it wants the body. */
const SOURCE: Source = {
  name: 'callbot',
  paths: ['/callbot'],
  methods: ['POST'],
  answer: ({ responseID, ...outcome }) => ({
    status: outcome.kind === 'refused' ? outcome.status : 200,
    contentType: 'application/json',
    body: JSON.stringify({ responseID }),
  }),
  precheck: () => never,
  read: never,
  businessKey: never,
};

/** An ingress on loopback to which nothing comes that could be taken. */
async function listen({ ms = NEVER, bytes = NEVER, maxInFlight = 10 }: Overrides = {}): Promise<FastifyInstance> {
  // The longest that settings allow.
  const times = { headersTimeout: 3_600_000, requestTimeout: 3_600_000, keepAliveTimeout: 3_600_000 };
  const limits = {
    bodyLimit: MIB,
    headerLimit: 16 * 1024,
    maxInFlight,
    maxBytesInFlight: 64 * MIB,
    maxConnections: 10,
    ...times,
  };
  const taken = () => Promise.reject(new Error('there is nothing to take'));
  const outward = { producer: { enqueue: taken }, quarantine: { keep: taken }, logger: SILENT };
  const stopping = new AbortController().signal;
  const { app } = buildApp({ sources: [SOURCE], ...outward, limits, stopping, now: Date.now }, { linger: { ms, bytes } });
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => {
    app.server.closeAllConnections();
    return app.close();
  });
  return app;
}

/** A connection that goes on when the ingress has ended its side. */
async function open(app: FastifyInstance): Promise<Socket> {
  const { port } = app.server.address() as AddressInfo; // it listens on TCP
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
}

/** Resolves when all of it went out. */
function send(socket: Socket, bytes: Buffer | string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

const headTo = (path: string, ...fields: string[]) => [`POST ${path} HTTP/1.1`, 'Host: ringback', ...fields, '\r\n'].join('\r\n');
const head = (...fields: string[]) => headTo('/callbot', ...fields);
const announced = (bytes: number) => head(`Content-Length: ${bytes}`);
const EIGHT = Buffer.alloc(8 * MIB, 'x');

const UNREAD: Readonly<Record<string, { request: string; status: number; maxInFlight?: number }>> = {
  'a length beyond the limit': { request: announced(EIGHT.length), status: 413 },
  'a length beyond the limit, on an unknown path': {
    request: headTo('/nowhere', `Content-Length: ${EIGHT.length}`),
    status: 413,
  },
  'chunks beyond the limit': { request: `${head('Transfer-Encoding: chunked')}${EIGHT.length.toString(16)}\r\n`, status: 413 },
  'one request too many': { request: head(`Content-Length: ${MIB}`), status: 503, maxInFlight: 0 },
  'a malformed body': { request: `${head('Transfer-Encoding: chunked')}no chunk\r\n`, status: 400 },
  'no HTTP at all': { request: 'hello\r\n\r\n', status: 400 },
};

describe('a connection that is closed with much of its request unread', () => {
  it.each(Object.entries(UNREAD))('gives the whole answer to whoever sends 8 MiB before he reads: %s', async (_, trial) => {
    const { request, ...overrides } = trial;
    const socket = await open(await listen(overrides));
    await send(socket, request);
    await send(socket, EIGHT);
    const answer = await text(socket);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${trial.status} [\\s\\S]*"responseID":"[^}]*}$`));
  });

  it('is cut, however slowly its sender goes on', async () => {
    const socket = await open(await listen({ ms: 100 }));
    await send(socket, announced(NEVER));
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 413 /);
    while (!socket.destroyed) {
      socket.write('x');
      await pause(10);
    }
  });

  it('is cut, however much its sender goes on to send', async () => {
    const socket = await open(await listen({ bytes: 16 * MIB }));
    await send(socket, announced(NEVER));
    await expect(
      (async () => {
        for (;;) await send(socket, EIGHT);
      })(),
    ).rejects.toThrow(/EPIPE|ECONNRESET|destroyed/);
  });

  it('does not hold up a stop, whether it was answered before or is answered meanwhile', async () => {
    const app = await listen();
    const [before, meanwhile] = [await open(app), await open(app)];
    await send(before, announced(NEVER));
    await text(before);
    const underWay = once(app.server, 'request');
    await send(meanwhile, head('Content-Length: 2', 'Connection: close'));
    await underWay;
    const closed = app.close();
    await vi.waitFor(() => expect(app.server.listening).toBe(false), 10_000);
    await send(meanwhile, '{}');
    expect(await text(meanwhile)).toContain('HTTP/1.1 401 ');
    await closed;
  });
});
