import { connect } from 'node:net';
import { testRedis, createInstallation, interfaceSettings, postCallback, rawChunkedRequest, rawRequest } from '@ringback/testkit';
import { describe, expect, it } from 'vitest';

const MIB = 1024 * 1024;
const KEPT = { connection: 'keep-alive' };
const good = (requestID: string) => rawRequest({ requestID, headers: KEPT });
const upgrade = { connection: 'Upgrade', upgrade: 'websocket' };

/**
 * A request for every event by which Node's HTTP server hands out a socket, and for every way in which the
 * ingress closes one.
 */
const SHAPES: Readonly<Record<string, Buffer>> = {
  connect: Buffer.from('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'),
  'connect, with bytes after it': Buffer.from(`CONNECT a:1 HTTP/1.1\r\n\r\n${'x'.repeat(MIB)}`),
  'connect, after a callback': Buffer.concat([good('before'), Buffer.from('CONNECT a:1 HTTP/1.1\r\n\r\n')]),
  upgrade: rawRequest({ line: 'GET /callbot HTTP/1.1', headers: upgrade, body: '' }),
  'upgrade, of a callback': rawRequest({ requestID: 'upgraded', headers: upgrade }),
  clientError: Buffer.from('hello\r\n\r\n'),
  'clientError, in a body': rawRequest({ headers: { 'content-length': undefined, 'transfer-encoding': 'chunked' } }),
  'clientError, after a callback': Buffer.concat([good('well'), Buffer.from('hello\r\n\r\n')]),
  checkContinue: rawRequest({ requestID: 'continue', headers: { expect: '100-continue' } }),
  checkExpectation: rawRequest({ requestID: 'expectation', headers: { expect: 'miracles' } }),
  'connection, with nothing on it': Buffer.alloc(0),
  request: rawRequest({ requestID: 'plain' }),
  'request, in chunks': rawChunkedRequest({ requestID: 'chunks' }),
  'request, without a sign': rawRequest({ headers: { sign: undefined } }),
  'request, larger than may be': rawRequest({ body: Buffer.alloc(2 * MIB) }),
  'request, ten at once': Buffer.concat(Array.from({ length: 10 }, (_, index) => good(`p${index}`))),
};
const ADMIN_SHAPES: Readonly<Record<string, Buffer>> = {
  connect: Buffer.from('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'),
  upgrade: Buffer.from('GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: b\r\n\r\n'),
  clientError: Buffer.from('hello\r\n\r\n'),
  checkContinue: Buffer.from('GET /readyz HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n'),
  checkExpectation: Buffer.from('GET /readyz HTTP/1.1\r\nHost: a\r\nExpect: b\r\n\r\n'),
  request: Buffer.from('GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n'),
};

type Moment = 'before' | 'during' | 'after';

/**
 * Sends the bytes and resets the connection: before the answer, at its first byte, or after it. Resolves when
 * that is done.
 */
function sendAndReset(url: string, bytes: Buffer, moment: Moment): Promise<void> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    socket.on('close', () => resolve());
    // The server may well close before.
    socket.on('error', () => {});
    socket.on('connect', () => {
      socket.write(bytes, () => {
        if (moment === 'before' || bytes.length === 0) socket.resetAndDestroy();
      });
    });
    socket.on('data', () => {
      if (moment === 'during') socket.resetAndDestroy();
      else setImmediate(() => socket.resetAndDestroy());
    });
    socket.on('end', () => socket.resetAndDestroy());
  });
}

const MOMENTS: readonly Moment[] = ['before', 'during', 'after'];
const TIMES = 5;

async function tryAll(url: string, shapes: Readonly<Record<string, Buffer>>, serves: () => Promise<unknown>) {
  for (const [name, bytes] of Object.entries(shapes)) {
    for (const moment of MOMENTS) {
      await Promise.all(Array.from({ length: TIMES }, () => sendAndReset(url, bytes, moment)));
      expect(await serves().catch((error: unknown) => String(error)), `${name}, reset ${moment} the answer`).toBe(200);
    }
  }
}

describe('a connection that its sender resets ends nothing but itself', () => {
  it('at the ingress and at its admin port, for any request', { timeout: 60_000 }, async () => {
    const { url, prefix } = testRedis();
    const settings = (crmUrl: string) => interfaceSettings({ crmUrl, prefix });
    const { startIngress } = await createInstallation({ redisUrl: url, settings });
    const ingress = await startIngress();
    let serial = 0;
    await tryAll(ingress.url, SHAPES, async () => {
      serial += 1;
      return (await postCallback({ ingress: ingress.url, requestID: `good-${serial}` })).status;
    });
    await tryAll(ingress.adminUrl, ADMIN_SHAPES, async () => (await fetch(new URL('/livez', ingress.adminUrl))).status);
    const { lines, output } = ingress.process;
    expect([...lines.filter(({ level }) => level === 'error'), ...output]).toEqual([]);
    expect(lines.filter(({ msg }) => String(msg).startsWith('a connection broke'))).toEqual([]);
  });
});
