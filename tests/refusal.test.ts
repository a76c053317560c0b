import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  testRedis,
  createInstallation,
  interfaceSettings,
  SAMPLE_ACCOUNT,
  postCallback,
  taskBody,
  rawChunkedRequest,
  exchange,
  parseAnswer,
  PHONE,
  rawRequest,
} from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { undocumented } from './documented-lines.ts';

const { uuid, secret } = SAMPLE_ACCOUNT;
const MIB = 1024 * 1024;

const huge = (mib: number) =>
  Buffer.concat([Buffer.from(`{"phone":"${PHONE}","fill":"`), Buffer.alloc(mib * MIB, 'x'), Buffer.from('"}')]);
const nested = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
const twice = (name: string, value: string) => rawRequest({ headers: { [name]: [value, value] } });
/** What the sign of `rawRequest()` is with either algorithm. */
const signed = (algorithm: 'md5' | 'sha256') =>
  createHash(algorithm)
    .update(`${secret}&body=${taskBody({ phone: PHONE })}&createTs=1700000000&requestID=r&uuid=${uuid}`)
    .digest('hex')
    .toUpperCase();
const without = (name: string) => rawRequest({ headers: { [name]: undefined } });

/**
 * What is sent, and the status that it must get, with the retCode of its source, or with our code where it
 * belongs to none.
 */
const REFUSED: Readonly<Record<string, [Buffer, number, number | string]>> = {
  'no requestID': [without('requestID'), 400, 2],
  'no uuid': [without('uuid'), 400, 2],
  'no createTs': [without('createTs'), 400, 2],
  'no sign': [without('sign'), 401, 6001],
  'no headers at all': [Buffer.from('POST /callbot HTTP/1.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}'), 400, 2],
  'requestID sent twice': [twice('requestID', 'r'), 400, 4],
  'uuid sent twice': [twice('uuid', uuid), 400, 4],
  'createTs sent twice': [twice('createTs', '1700000000'), 400, 4],
  'sign sent twice': [twice('sign', 'A'.repeat(32)), 400, 4],
  'an empty requestID': [rawRequest({ headers: { requestID: '' } }), 400, 4],
  'a requestID of 10 kB': [rawRequest({ requestID: 'x'.repeat(10_000) }), 400, 4],
  'a tab in the requestID': [rawRequest({ requestID: 'a\tb' }), 400, 4],
  'a control character in the requestID': [rawRequest({ requestID: 'a\u0001b' }), 400, 'RB_HTTP_MALFORMED'],
  'a control character beyond ASCII in the requestID': [rawRequest({ requestID: 'a\u0085b' }), 400, 4],
  'a wrong sign': [rawRequest({ headers: { sign: 'A'.repeat(32) } }), 401, 6],
  'a lower-case sign': [rawRequest({ headers: { sign: signed('md5').toLowerCase() } }), 401, 6],
  'a short sign': [rawRequest({ headers: { sign: signed('md5').slice(0, 31) } }), 401, 6],
  "the other algorithm's sign": [rawRequest({ headers: { sign: signed('sha256') } }), 401, 6],
  'an unknown uuid': [rawRequest({ headers: { uuid: 'nobody' } }), 401, 6002],
  'an empty body': [rawRequest({ body: '' }), 400, 3],
  null: [rawRequest({ body: 'null' }), 400, 3],
  'an array': [rawRequest({ body: `["${PHONE}"]` }), 400, 3],
  'a string': [rawRequest({ body: `"${PHONE}"` }), 400, 3],
  'a number': [rawRequest({ body: PHONE }), 400, 3],
  'a truncated body': [rawRequest({ body: `{"phone":"${PHONE}",` }), 400, 3],
  'a body that is not UTF-8': [rawRequest({ body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]) }), 400, 3],
  'a lone surrogate in bytes': [
    rawRequest({ body: Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d]) }),
    400,
    3,
  ],
  'gzip instead of JSON': [
    rawRequest({ body: Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), headers: { 'content-encoding': 'gzip' } }),
    400,
    3,
  ],
  'a gzip bomb': [rawRequest({ body: gzipSync(Buffer.alloc(64 * MIB)), headers: { 'content-encoding': 'gzip' } }), 400, 3],
  '10 000 levels': [rawRequest({ body: nested(10_000) }), 400, 3],
  'no known shape': [rawRequest({ body: '{}' }), 400, 2],
  'a field missing': [rawRequest({ body: taskBody({ taskID: undefined }) }), 400, 2],
  'a field of the wrong type': [rawRequest({ body: taskBody({ taskID: Number(PHONE) }) }), 400, 4],
  'a body beyond the limit': [rawRequest({ body: huge(2) }), 413, 4001],
  'a body of 64 MiB': [rawRequest({ body: huge(64) }), 413, 4001],
  '64 MiB in chunks': [rawChunkedRequest({ body: huge(64) }), 413, 4001],
  'an announced body of 64 MiB': [rawRequest({ headers: { 'content-length': String(64 * MIB) } }), 413, 4001],
  'chunks that are none': [
    rawRequest({ headers: { 'content-length': undefined, 'transfer-encoding': 'chunked' } }),
    400,
    'RB_HTTP_MALFORMED',
  ],
  'chunks and a length at once': [rawRequest({ headers: { 'transfer-encoding': 'chunked' } }), 400, 'RB_HTTP_MALFORMED'],
  'an unknown path': [rawRequest({ line: `POST /nowhere?phone=${PHONE} HTTP/1.1` }), 404, 'RB_PATH_UNKNOWN'],
  'an impossible path': [rawRequest({ line: 'POST /%zz HTTP/1.1' }), 400, 'RB_HTTP_MALFORMED'],
  GET: [rawRequest({ line: 'GET /callbot HTTP/1.1' }), 405, 'RB_PATH_UNKNOWN'],
  PUT: [rawRequest({ line: 'PUT /callbot HTTP/1.1' }), 405, 'RB_PATH_UNKNOWN'],
  CONNECT: [Buffer.from('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'), 400, 'RB_HTTP_MALFORMED'],
  'headers beyond the limit': [rawRequest({ headers: { fill: 'x'.repeat(20_000) } }), 431, 'RB_HTTP_MALFORMED'],
  'no HTTP at all': [Buffer.from('hello\r\n\r\n'), 400, 'RB_HTTP_MALFORMED'],
  'TLS on the plain port': [Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3]), 400, 'RB_HTTP_MALFORMED'],
};

/** The same callback in other clothes: all of it must be taken. */
const TAKEN: Readonly<Record<string, Buffer>> = {
  'no Content-Type': rawRequest({ requestID: 'bare' }),
  'an impossible Content-Type': rawRequest({ requestID: 'odd', headers: { 'content-type': ';;;' } }),
  'a form': rawRequest({ requestID: 'form', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
  'HTTP/1.0': rawRequest({ requestID: 'old', line: 'POST /callbot HTTP/1.0' }),
  'no Host': rawRequest({ requestID: 'hostless', headers: { host: undefined } }),
  'an odd Expect': rawRequest({ requestID: 'expecting', headers: { expect: 'miracles' } }),
  'a requestID in other letters': rawRequest({ requestID: '牛小信😀' }),
  'a body in chunks': rawChunkedRequest({ requestID: 'chunks' }),
  'an escaped lone surrogate': rawRequest({ requestID: 'surrogate', body: taskBody().replace('{', '{"half":"\\ud800",') }),
  'duplicate keys and __proto__': rawRequest({
    requestID: 'proto',
    body: taskBody().replace('{', '{"__proto__":{"taskID":1},"taskID":"t-0","x":1,"x":2,'),
  }),
  'numbers beyond double': rawRequest({
    requestID: 'big',
    body: taskBody().replace('{', '{"n":1e999,"m":12345678901234567890,'),
  }),
  'a null rate': rawRequest({ requestID: 'zero', body: taskBody().replace('0.9', 'null') }),
};

async function startIngress(source = '') {
  const { url, prefix } = testRedis();
  const settings = (crmUrl: string) => interfaceSettings({ crmUrl, prefix }).replace('type: callbot', `type: callbot${source}`);
  const { startIngress: start } = await createInstallation({ redisUrl: url, settings });
  const { url: ingress, process } = await start();
  const lines = (message: string) => process.lines.filter(({ msg }) => msg === message);
  const serves = async (requestID: string) => expect(await postCallback({ ingress, requestID })).toMatchObject({ status: 200 });
  return { ingress, process, lines, serves };
}

it('refuses what is wrong with the right status and code in one line without personal data, and serves the next', async () => {
  const { ingress, process, lines, serves } = await startIngress();
  for (const [name, [bytes, status, code]] of Object.entries(REFUSED)) {
    const answer = parseAnswer(await exchange(ingress, bytes));
    const message: unknown = expect.stringMatching(/^RB_/);
    const said = typeof code === 'number' ? { retCode: code, retMsg: message } : { code, message };
    expect({ name, ...answer }).toEqual({ name, status, body: { ...said, responseID: expect.any(String) } });
    await serves(`after ${name}`);
  }
  const cases = Object.values(REFUSED).map(([, status]) => ({ msg: 'callback refused', status }));
  await vi.waitFor(() => expect(lines('callback acked')).toHaveLength(cases.length));
  // At its start it warns of the published sample secret, and of what other tests left in the same Redis.
  const atStart = ['RB_SECRET_PUBLISHED', 'RB_PREFIX_LEFT'];
  const refusals = process.lines.filter(({ level, code }) => level !== 'info' && !atStart.includes(String(code)));
  expect(refusals).toMatchObject(cases);
  expect(JSON.stringify([process.lines, process.output])).not.toContain(PHONE);
  expect(JSON.stringify([process.lines, process.output])).not.toContain(secret);
  expect(undocumented(process.lines)).toEqual([]);
});

it('refuses HEAD, whose answer has no body, in the same way', async () => {
  const { ingress, lines, serves } = await startIngress();
  expect(await exchange(ingress, rawRequest({ line: 'HEAD /callbot HTTP/1.1' }))).toMatch(
    /^HTTP\/1\.1 405 [\s\S]*\nallow: POST\r\n[\s\S]*\r\n\r\n$/,
  );
  await serves('after HEAD');
  await vi.waitFor(() => expect(lines('callback refused')).toMatchObject([{ status: 405, code: 'RB_PATH_UNKNOWN' }]));
});

it('accepts any createTs without maxSkew', async () => {
  const { ingress, lines } = await startIngress();
  for (const createTs of ['yesterday', '1700000000000'])
    expect(parseAnswer(await exchange(ingress, rawRequest({ createTs, requestID: createTs })))).toMatchObject({ status: 200 });
  await vi.waitFor(() => expect(lines('callback acked')).toHaveLength(2));
});

it('refuses a createTs that is too far from its clock, where maxSkew says how far', async () => {
  const { ingress, lines, serves } = await startIngress(`\n    maxSkew: 5m`);
  const now = Math.floor(Date.now() / 1000);
  const cases = [
    [now - 330, /^RB_CALLBACK_STALE/],
    [now + 330, /^RB_CALLBACK_STALE/],
    ['yesterday', /^RB_HEADER_INVALID: .*createTs.*maxSkew/],
  ] as const;
  for (const [createTs, reason] of cases) {
    const { status, body } = parseAnswer(await exchange(ingress, rawRequest({ createTs: String(createTs) })));
    expect([status, body]).toEqual([400, expect.objectContaining({ retCode: 4, retMsg: expect.stringMatching(reason) })]);
    await serves(`after ${createTs}`);
  }
  await vi.waitFor(() => expect(lines('callback refused')).toHaveLength(cases.length));
});

it('takes what is right in odd clothes', async () => {
  const { ingress, serves } = await startIngress();
  for (const [name, bytes] of Object.entries(TAKEN)) {
    const answer = parseAnswer(await exchange(ingress, bytes));
    expect({ name, ...answer }).toMatchObject({ name, status: 200, body: { retCode: 0 } });
  }
  await serves('after all that');
});
