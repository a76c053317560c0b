import { describe, expect, it } from 'vitest';
import { callbot } from './source.ts';
import { sampleBody } from './samples.ts';
import {
  decode,
  receive as receiveFrom,
  inbound,
  oracleHeaders,
  outcomeOf,
  SIGNED_AT_S,
  testSource,
  UUID,
  verify,
} from './test-source.ts';

const source = testSource();
const task = sampleBody({ kind: 'task', at: SIGNED_AT_S });

describe('a correctly signed callback', () => {
  it('believes a request before it looks into its body, and tells none of what is secret in its headers', () => {
    const headers = { cookie: ['c'], authorization: ['Bearer x'], 'x-forwarded-for': ['10.0.0.1'] };
    const request = inbound('no JSON', { requestID: 'r-7' });
    const verified = verify(source, { ...request, headers: { ...request.headers, ...headers } });
    expect(verified).toMatchObject({
      id: 'r-7',
      source: 'callbot',
      account: UUID,
      path: '/callbot',
      body: Buffer.from('no JSON'),
    });
    expect(Object.keys(verified.headers).toSorted()).toEqual(['createts', 'requestid', 'uuid', 'x-forwarded-for']);
    expect(() => source.read(verified)).toThrow('not JSON');
  });

  it('becomes an event with the body as the very text that came', () => {
    const body = `${task.slice(0, -1)} , "big": 12345678901234567890, "rate": 1.10, "esc": "a\\u0026b", "牛": "😀"}\n`;
    expect(receiveFrom(source, inbound(body, { receivedAt: 1_700_000_009_123, requestID: 'r-7' }))).toEqual({
      id: 'r-7',
      source: 'callbot',
      account: UUID,
      type: 'callbot.task.completed',
      time: 1_700_000_000_000,
      receivedAt: 1_700_000_009_123,
      body,
    });
  });

  it('keeps a requestID that is not UTF-8, percent-escaped', () => {
    expect(receiveFrom(source, inbound(task, { requestID: Buffer.from('id-\xff', 'latin1') })).id).toBe('\uFFFDid-%FF');
  });
});

describe('headers', () => {
  it.each([
    [{ requestid: undefined }, 'RB_HEADER_MISSING', 'requestID'],
    [{ uuid: undefined }, 'RB_HEADER_MISSING', 'uuid'],
    [{ createts: undefined, sign: undefined }, 'RB_HEADER_MISSING', 'createTs, sign'],
    [{ sign: undefined }, 'RB_SIGN_MISSING', 'sign'],
    [{ requestid: ['a', 'b'] }, 'RB_HEADER_INVALID', 'requestID'],
    [{ uuid: [UUID, UUID] }, 'RB_HEADER_INVALID', 'uuid'],
    [{ sign: ['A', 'A'] }, 'RB_HEADER_INVALID', 'sign'],
    [{ createts: ['1', '1'] }, 'RB_HEADER_INVALID', 'createTs'],
    [{ requestid: [''] }, 'RB_HEADER_INVALID', 'requestID'],
    [{ sign: [' '] }, 'RB_HEADER_INVALID', 'sign'],
    [{ requestid: ['a\tb'] }, 'RB_HEADER_INVALID', 'requestID'],
    [{ requestid: ['\xc2\x85'] }, 'RB_HEADER_INVALID', 'requestID'],
    [{ requestid: ['x'.repeat(513)] }, 'RB_HEADER_INVALID', 'requestID'],
    [{ uuid: [UUID.toLowerCase()] }, 'RB_ACCOUNT_UNKNOWN', 'uuid'],
    [{ uuid: ['__proto__'] }, 'RB_ACCOUNT_UNKNOWN', 'uuid'],
    [{ requestid: ['x'.repeat(512)] }, 'RB_SIGN_MISMATCH', 'sign'],
  ])('%j → %s', (headers, code, named) => {
    const outcome = outcomeOf(source, inbound(task, { headers }));
    expect(outcome.code).toBe(code);
    expect(outcome.message).toContain(named);
  });

  it.each(['', '-1', '1.5', '1e9', '1700000000000', '9'.repeat(30), 'now', '0x10', '１', '2023-11-14T22:13:20Z'])(
    'createTs %j, correctly signed, is taken',
    (createTs) => expect(outcomeOf(source, inbound(task, { createTs })).code).toBe('taken'),
  );

  it.each([
    ['1699999999', 1_699_999_999_000],
    ['1699999999123', 1_699_999_999_123],
    ['soon', SIGNED_AT_S * 1000],
    ['9'.repeat(15), SIGNED_AT_S * 1000],
  ])('createTs %j is the time %d', (createTs, time) => {
    expect(receiveFrom(source, inbound(task, { createTs })).time).toBe(time);
  });

  it('are judged before the signature, and the signature before the body', () => {
    expect(outcomeOf(source, inbound('no json', { headers: { requestid: undefined, sign: ['X'] } })).code).toBe(
      'RB_HEADER_MISSING',
    );
    expect(outcomeOf(source, inbound('no json', { headers: { sign: ['X'] } })).code).toBe('RB_SIGN_MISMATCH');
  });
});

const ageOf = (ms: number) => inbound(task, { receivedAt: SIGNED_AT_S * 1000 + ms });

describe('maxSkew', () => {
  const strict = testSource({ maxSkew: '300s' });

  it.each([300_000, -300_000])('takes a callback %d ms old', (ms) => expect(outcomeOf(strict, ageOf(ms)).code).toBe('taken'));
  it.each([300_001, -300_001])('refuses one %d ms old', (ms) =>
    expect(outcomeOf(strict, ageOf(ms)).code).toBe('RB_CALLBACK_STALE'),
  );
  it.each([String(SIGNED_AT_S), String(SIGNED_AT_S * 1000)])('takes seconds and milliseconds: %s', (createTs) =>
    expect(outcomeOf(strict, inbound(task, { createTs })).code).toBe('taken'),
  );
  it('refuses milliseconds that are too old', () =>
    expect(outcomeOf(strict, inbound(task, { createTs: String(SIGNED_AT_S * 1000 - 300_001) })).code).toBe('RB_CALLBACK_STALE'));
  it.each(['', 'soon', '-1', '9'.repeat(15)])('refuses createTs %j, whose age it cannot tell, and says so', (createTs) => {
    const outcome = outcomeOf(strict, inbound(task, { createTs }));
    expect(outcome).toMatchObject({
      code: 'RB_HEADER_INVALID',
      message: expect.stringMatching(/createTs is no time .* maxSkew/),
    });
  });
  it('is off by default', () => expect(outcomeOf(source, ageOf(10 ** 11)).code).toBe('taken'));
});

const create = (settings: object) => callbot.create({ name: 'voice', settings: decode(settings) });

describe('settings', () => {
  const account = { uuid: UUID, secrets: ['s'] };

  it('default to md5 and the documented paths', () => {
    expect(create({ accounts: [account] }).paths).toEqual([
      '/api/v3/taskCallback',
      '/api/v3/orderCallback',
      '/api/v3/callCallback',
      '/callbot',
    ]);
    const signed = inbound(task, { secret: 's', algorithm: 'md5' });
    expect(outcomeOf(create({ accounts: [account] }), signed).code).toBe('taken');
  });

  it('let one path be changed', () => {
    expect(create({ accounts: [account], paths: { any: '/x' } }).paths).toContain('/x');
    expect(create({ accounts: [account], paths: { any: '/x' } }).paths).toContain('/api/v3/taskCallback');
  });

  it('tell the loader each path and account, and where it is set', () => {
    const { paths, accounts } = callbot.identities(decode({ accounts: [account, account], paths: { task: '/x' } }));
    expect(paths.slice(0, 2)).toEqual([
      { value: '/x', at: ['paths', 'task'] },
      { value: '/api/v3/orderCallback', at: ['paths', 'order'] },
    ]);
    expect(accounts.map(({ value, at }) => [value, at.join('.')])).toEqual([
      [UUID, 'accounts.0.uuid'],
      [UUID, 'accounts.1.uuid'],
    ]);
  });
});

describe('the check of the headers alone', () => {
  const precheck = (headers: Record<string, string[] | undefined>, by = source) =>
    by.precheck({ ...inbound('', { headers: { ...oracleHeaders(task), ...headers } }) });

  it.each([
    [{ sign: undefined }, 'RB_SIGN_MISSING'],
    [{ sign: ['A'.repeat(31)] }, 'RB_SIGN_MISMATCH'],
    [{ sign: ['a'.repeat(32)] }, 'RB_SIGN_MISMATCH'],
    [{ uuid: ['nobody'] }, 'RB_ACCOUNT_UNKNOWN'],
    [{ createts: ['soon'] }, 'RB_HEADER_INVALID'],
    [{ requestid: ['a', 'b'] }, 'RB_HEADER_INVALID'],
    [{ createts: ['1600000000'] }, 'RB_CALLBACK_STALE'],
  ])('refuses %j', (headers, code) => {
    expect(() => precheck(headers, testSource({ maxSkew: '1s' }))).toThrow(expect.objectContaining({ code }));
  });

  it('leaves to the body what only the body tells', () => {
    const judge = precheck({});
    expect(judge(Buffer.from(task))).toMatchObject({ id: 'r-1', account: UUID });
    expect(() => judge(Buffer.from('{}'))).toThrow(expect.objectContaining({ code: 'RB_SIGN_MISMATCH' }));
  });
});
