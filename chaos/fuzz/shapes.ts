import { SAMPLE_ACCOUNT, rawChunkedRequest, rawRequest } from '@ringback/testkit/bare';

/** All bytes of a connection. */
export type Shape = { readonly name: string; readonly to: 'ingress' | 'admin'; readonly bytes: Buffer };

const KEPT = { connection: 'keep-alive' };
const UPGRADE = { connection: 'Upgrade', upgrade: 'websocket' };
const MIB = 1024 * 1024;
const good = (requestID: string) => rawRequest({ requestID, headers: KEPT });
const announced = (bytes: number) => ({ 'content-length': String(bytes) });
const plain = (...lines: string[]) => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);

/** One for every event by which Node hands out a socket, and every way in which the ingress closes one. */
const TO_INGRESS: Readonly<Record<string, Buffer>> = {
  callback: good('plain'),
  'callback, then closed': rawRequest({ requestID: 'closing' }),
  'callback in chunks': rawChunkedRequest({ requestID: 'chunks' }),
  'callback over HTTP/1.0': rawRequest({ requestID: 'old', line: 'POST /callbot HTTP/1.0' }),
  'three callbacks at once': Buffer.concat([good('one'), good('two'), good('three')]),
  'a wrong sign': rawRequest({ headers: { sign: 'A'.repeat(32) } }),
  'no sign': rawRequest({ headers: { sign: undefined } }),
  'no sign, announced large': rawRequest({ headers: { sign: undefined, ...announced(MIB) } }),
  'an unknown account': rawRequest({ headers: { uuid: `${SAMPLE_ACCOUNT.uuid}x` } }),
  'an unknown path': rawRequest({ line: 'POST /nowhere HTTP/1.1' }),
  'an impossible path': rawRequest({ line: 'POST /%zz HTTP/1.1' }),
  'no fitting body': rawRequest({ body: '{}' }),
  'larger than may be': rawRequest({ headers: announced(2 * MIB) }),
  'larger than may be, in chunks': Buffer.concat([
    rawRequest({ body: '', headers: { 'content-length': undefined, 'transfer-encoding': 'chunked' } }),
    Buffer.from('200000\r\n'),
    Buffer.alloc(500, 'x'),
  ]),
  'a body that is no chunk': rawRequest({ headers: { 'content-length': undefined, 'transfer-encoding': 'chunked' } }),
  'no HTTP': plain('hello'),
  'no HTTP after a callback': Buffer.concat([good('well'), plain('hello')]),
  'many empty requests': Buffer.from('GET / HTTP/1.1\r\n\r\n'.repeat(50)),
  CONNECT: plain('CONNECT a:1 HTTP/1.1', 'Host: a'),
  'CONNECT, with bytes after it': Buffer.concat([plain('CONNECT a:1 HTTP/1.1'), Buffer.alloc(500, 'x')]),
  'CONNECT after a callback': Buffer.concat([good('before'), plain('CONNECT a:1 HTTP/1.1')]),
  'Upgrade of a GET': rawRequest({ line: 'GET /callbot HTTP/1.1', headers: UPGRADE, body: '' }),
  'Upgrade of a callback': rawRequest({ requestID: 'upgraded', headers: UPGRADE }),
  'Expect: 100-continue': rawRequest({ requestID: 'continue', headers: { expect: '100-continue' } }),
  'Expect: 100-continue, without a sign': rawRequest({ headers: { expect: '100-continue', sign: undefined } }),
  'Expect: something else': rawRequest({ requestID: 'expecting', headers: { expect: 'miracles' } }),
};
const TO_ADMIN: Readonly<Record<string, Buffer>> = {
  'GET /readyz': plain('GET /readyz HTTP/1.1', 'Host: a'),
  'GET /livez, then closed': plain('GET /livez HTTP/1.1', 'Host: a', 'Connection: close'),
  'GET /nowhere': plain('GET /nowhere HTTP/1.1', 'Host: a'),
  'POST with a body': Buffer.concat([plain('POST /readyz HTTP/1.1', 'Host: a', 'Content-Length: 20'), Buffer.alloc(20, 'x')]),
  'no HTTP': plain('hello'),
  CONNECT: plain('CONNECT a:1 HTTP/1.1', 'Host: a'),
  Upgrade: plain('GET /readyz HTTP/1.1', 'Host: a', 'Connection: Upgrade', 'Upgrade: b'),
  'Expect: 100-continue': plain('GET /readyz HTTP/1.1', 'Host: a', 'Expect: 100-continue'),
  'Expect: something else': plain('GET /readyz HTTP/1.1', 'Host: a', 'Expect: miracles'),
};

const toShapes = (to: Shape['to'], all: Readonly<Record<string, Buffer>>) =>
  Object.entries(all).map(([name, bytes]): Shape => ({ name: `${to}: ${name}`, to, bytes }));

export const SHAPES: readonly Shape[] = [...toShapes('ingress', TO_INGRESS), ...toShapes('admin', TO_ADMIN)];
