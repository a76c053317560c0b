import { createHash } from 'node:crypto';
import { RingbackError } from '@ringback/contracts';
import { expect, it } from 'vitest';
import { type Algorithm, inbound, oracleHeaders, SECRET, testSource, UUID, verify } from './test-source.ts';

const BODY = '{"a":1}';

function refusalOf(algorithm: Algorithm, request: ReturnType<typeof inbound>): RingbackError {
  try {
    verify(testSource({ algorithm }), request);
  } catch (error) {
    if (error instanceof RingbackError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

const signedAs = (algorithm: Algorithm) => oracleHeaders(BODY, { algorithm })['sign']?.[0] ?? '';
const withSign = (sign: string) => inbound(BODY, { headers: { sign: [sign] } });

it.each<[string, Algorithm, string, string]>([
  ['the other algorithm', 'md5', signedAs('sha256'), 'the sign has 64 digits; md5 gives 32'],
  ['the other algorithm', 'sha256', signedAs('md5'), 'the sign has 32 digits; sha256 gives 64'],
  ['a short sign', 'md5', signedAs('md5').slice(1), 'the sign has 31 digits; md5 gives 32'],
  ['lower case', 'md5', signedAs('md5').toLowerCase(), 'the sign has lower-case letters; upper case expected'],
  ['no hex', 'md5', createHash('md5').update(SECRET).digest('base64'), 'the sign is no hex'],
])('says of %s what is wrong with the sign: %s', (_name, algorithm, sign, problem) => {
  const { code, message } = refusalOf(algorithm, withSign(sign));
  expect([code, message]).toEqual(['RB_SIGN_MISMATCH', expect.stringContaining(`does not fit the request: ${problem}. Check`)]);
});

it.each(['\n', '\r\n', ' \n\n', '\t'])('says that the sign fits without the white space at the end of the body: %j', (end) => {
  const { headers } = inbound(BODY);
  const { message } = refusalOf('md5', inbound(`${BODY}${end}`, { headers }));
  const space = `${end.length} bytes of white space at the end of the body`.replace('1 bytes', '1 byte');
  expect(message).toContain(`the sign fits without the ${space}`);
});

it('tells nobody which secret or which body would fit otherwise', () => {
  for (const body of ['{"a":2}\n', '{"a":2}', `${BODY} x`]) {
    const { message } = refusalOf('md5', inbound(body, { headers: inbound(BODY).headers }));
    expect(message).toMatch(/^header sign does not fit the request: check secrets and algorithm/);
  }
});

it('has for the log who it says it is, and what was expected; never the sign', () => {
  const sign = signedAs('sha256');
  const { facts, message } = refusalOf('md5', withSign(sign));
  expect(facts).toEqual({ requestID: 'r-1', account: UUID, algorithm: 'md5', signLength: 64 });
  expect(JSON.stringify([facts, message])).not.toContain(sign);
});

it('names an unknown uuid for the log alone, bounded and without control characters', () => {
  const uuid = [Buffer.from(`a\tb\u0085\u202Ec${'x'.repeat(200)}`).toString('latin1')];
  const { code, facts, message } = refusalOf('md5', inbound(BODY, { headers: { uuid } }));
  expect(code).toBe('RB_ACCOUNT_UNKNOWN');
  expect(facts).toEqual({ requestID: 'r-1', uuid: `a\\u{9}b\\u{85}\\u{202e}c${'x'.repeat(42)}…`, signLength: 32 });
  expect(message).not.toContain('xx');
});
