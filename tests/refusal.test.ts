import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { testRedis } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { createInstallation } from './installation.ts';
import { interfaceSettings, SAMPLE_ACCOUNT } from './interface-settings.ts';
import { postCallback, sign, taskBody } from './provider.ts';

const PHONE = '8613800138000';
const { uuid, secret } = SAMPLE_ACCOUNT;

type Parts = {
  body?: string | Buffer;
  requestID?: string;
  createTs?: string;
  headers?: Readonly<Record<string, string | string[] | undefined>>;
  line?: string;
};

/** A correctly signed request, byte by byte, but for what `headers` replaces. */
function request({
  body = taskBody(),
  requestID = 'r',
  createTs = '1700000000',
  headers = {},
  line = 'POST /callbot HTTP/1.1',
}: Parts = {}): Buffer {
  const bytes = Buffer.from(body);
  const all = {
    host: 'ringback',
    connection: 'close',
    'content-length': String(bytes.length),
    requestID,
    uuid,
    createTs,
    sign: sign({ body: bytes, createTs, requestID, uuid }),
    ...headers,
  };
  const fields = Object.entries(all).flatMap(([name, value]) => [value ?? []].flat().map((one) => `${name}: ${one}\r\n`));
  return Buffer.concat([Buffer.from(`${line}\r\n${fields.join('')}\r\n`), bytes]);
}

const nested = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
const without = (name: string) => request({ headers: { [name]: undefined } });

/** What is sent, and the status and retCode that it must get. */
const REFUSED: Readonly<Record<string, [Buffer, number, number]>> = {
  'no requestID': [without('requestID'), 400, 2],
  'no uuid': [without('uuid'), 400, 2],
  'no createTs': [without('createTs'), 400, 2],
  'no sign': [without('sign'), 401, 6001],
  'no headers at all': [Buffer.from('POST /callbot HTTP/1.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}'), 400, 2],
  'sign sent twice': [request({ headers: { sign: ['A'.repeat(32), 'A'.repeat(32)] } }), 400, 4],
  'an empty requestID': [request({ headers: { requestID: '' } }), 400, 4],
  'a requestID of 10 kB': [request({ requestID: 'x'.repeat(10_000) }), 400, 4],
  'a wrong sign': [request({ headers: { sign: 'A'.repeat(32) } }), 401, 6],
  'a short sign': [request({ headers: { sign: 'ABC' } }), 401, 6],
  "the other algorithm's sign": [
    request({ headers: { sign: createHash('sha256').update('x').digest('hex').toUpperCase() } }),
    401,
    6,
  ],
  'an unknown uuid': [request({ headers: { uuid: 'nobody' } }), 401, 6002],
  'a createTs that is no number': [request({ createTs: 'yesterday' }), 400, 4],
  'an empty body': [request({ body: '' }), 400, 3],
  null: [request({ body: 'null' }), 400, 3],
  'an array': [request({ body: '[]' }), 400, 3],
  'a truncated body': [request({ body: '{"callbackType":1,' }), 400, 3],
  'a body that is not UTF-8': [request({ body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]) }), 400, 3],
  'a lone surrogate in bytes': [request({ body: Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d]) }), 400, 3],
  'gzip instead of JSON': [
    request({ body: Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), headers: { 'content-encoding': 'gzip' } }),
    400,
    3,
  ],
  '10 000 levels': [request({ body: nested(10_000) }), 400, 3],
  'no known shape': [request({ body: '{}' }), 400, 2],
  'a field missing': [request({ body: taskBody({ taskID: undefined }) }), 400, 2],
  'a field of the wrong type': [request({ body: taskBody({ taskID: Number(PHONE) }) }), 400, 4],
  'a body beyond the limit': [request({ body: `{"phone":"${PHONE}","fill":"${'x'.repeat(2 * 1024 * 1024)}"}` }), 413, 4001],
  'an announced body of 64 MiB': [request({ headers: { 'content-length': String(64 * 1024 * 1024) } }), 413, 4001],
  'an unknown path': [request({ line: `POST /nowhere?phone=${PHONE} HTTP/1.1` }), 400, 1],
  'an impossible path': [request({ line: 'POST /%zz HTTP/1.1' }), 400, 3],
  GET: [request({ line: 'GET /callbot HTTP/1.1' }), 400, 1],
  PUT: [request({ line: 'PUT /callbot HTTP/1.1' }), 400, 1],
  CONNECT: [Buffer.from('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'), 400, 3],
  'headers beyond the limit': [request({ headers: { fill: 'x'.repeat(20_000) } }), 400, 3],
  'no HTTP at all': [Buffer.from('hello\r\n\r\n'), 400, 3],
  'TLS on the plain port': [Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3]), 400, 3],
};

/** The same callback in other clothes: all of it must be taken. */
const TAKEN: Readonly<Record<string, Buffer>> = {
  'no Content-Type': request({ requestID: 'bare' }),
  'an impossible Content-Type': request({ requestID: 'odd', headers: { 'content-type': ';;;' } }),
  'a form': request({ requestID: 'form', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
  'HTTP/1.0': request({ requestID: 'old', line: 'POST /callbot HTTP/1.0' }),
  'no Host': request({ requestID: 'hostless', headers: { host: undefined } }),
  'an odd Expect': request({ requestID: 'expecting', headers: { expect: 'miracles' } }),
  'a body in chunks': chunked(
    request({ requestID: 'chunks', headers: { 'content-length': undefined, 'transfer-encoding': 'chunked' } }),
  ),
  'duplicate keys and __proto__': request({
    requestID: 'proto',
    body: taskBody().replace('{', '{"__proto__":{"taskID":1},"taskID":"t-0","x":1,"x":2,'),
  }),
  'numbers beyond double': request({ requestID: 'big', body: taskBody().replace('{', '{"n":1e999,"m":12345678901234567890,') }),
  'a null rate': request({ requestID: 'zero', body: taskBody().replace('0.9', 'null') }),
};

function chunked(whole: Buffer): Buffer {
  const [head = '', body = ''] = String(whole).split(/(?<=\r\n\r\n)/);
  const half = Math.floor(body.length / 2);
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
  return Buffer.from(`${head}${chunk(body.slice(0, half))}${chunk(body.slice(half))}${chunk('')}`);
}

/** Sends bytes over a connection of their own, and reads until the server closes it. */
function exchange(url: string, bytes: Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: 10_000 });
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => (answer += String(chunk)));
    socket.on('close', () => resolve(answer));
    socket.on('timeout', () => reject(new Error(`no end of the answer: ${answer}`)));
    // The server may well close before it has read all that it refuses.
    socket.on('error', () => {});
    socket.write(bytes);
  });
}

function parseAnswer(answer: string): { status: number; body: unknown } {
  const [, status = '', json = ''] = /^HTTP\/1\.[01] (\d{3}) [\s\S]*?\r\n\r\n([\s\S]*)$/.exec(answer) ?? [];
  return { status: Number(status), body: JSON.parse(json) };
}

it('refuses what is wrong with the right status and code in one line without personal data, takes what is right in odd clothes, and lives on', async () => {
  const { url, prefix } = testRedis();
  const { startIngress } = await createInstallation({
    redisUrl: url,
    settings: (crmUrl) => interfaceSettings({ crmUrl, prefix }),
  });
  const ingress = await startIngress();
  const before = ingress.process.lines.length;

  for (const [name, [bytes, status, retCode]] of Object.entries(REFUSED)) {
    const answer = parseAnswer(await exchange(ingress.url, bytes));
    expect({ name, ...answer }).toEqual({
      name,
      status,
      body: { retCode, retMsg: expect.stringMatching(/^RB_/), responseID: expect.any(String) },
    });
  }
  const refusals = () => ingress.process.lines.slice(before).map(({ msg }) => msg);
  await vi.waitFor(() => expect(refusals()).toHaveLength(Object.keys(REFUSED).length));
  expect(new Set(refusals())).toEqual(new Set(['callback refused']));
  expect(JSON.stringify([ingress.process.lines, ingress.process.output])).not.toContain(PHONE);
  expect(JSON.stringify([ingress.process.lines, ingress.process.output])).not.toContain(secret);

  for (const [name, bytes] of Object.entries(TAKEN)) {
    const answer = parseAnswer(await exchange(ingress.url, bytes));
    expect({ name, ...answer }).toMatchObject({ name, status: 200, body: { retCode: 0 } });
  }
  expect(await postCallback({ ingress: ingress.url, requestID: 'after all that' })).toMatchObject({ status: 200 });
});
