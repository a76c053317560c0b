import { createHmac } from 'node:crypto';
import { RingbackError } from '@ringback/contracts';
import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { StandardWebhooksSettings } from './config.ts';
import { standardWebhooks } from './source.ts';

const KEY = 'C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const BODY = '{"type":"a"}';
const AT = 1_700_000_000;

const settings = Value.Decode(StandardWebhooksSettings, { path: '/sw', secrets: ['AAAA', `whsec_${KEY}`] });
const source = standardWebhooks.create({ name: 'sw', settings });

/** The rule of the spec, with any key. */
const signWith = (key: string | Buffer) => createHmac('sha256', key).update(`msg_1.${AT}.${BODY}`).digest();
const right = signWith(Buffer.from(KEY, 'base64'));

function refusalOf(signature: string, body = BODY): RingbackError {
  const headers = { 'webhook-id': ['msg_1'], 'webhook-timestamp': [String(AT)], 'webhook-signature': [signature] };
  try {
    source.precheck({ method: 'POST', path: '/sw', query: '', headers, receivedAt: AT * 1000 })(Buffer.from(body));
  } catch (error) {
    if (error instanceof RingbackError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

it.each([
  ['no version', right.toString('base64'), 'it has no signature of version v1: write v1, before it'],
  ['another version', `v1a,${right.toString('base64')}`, 'it has no signature of version v1: write v1, before it'],
  ['hex', `v1,${right.toString('hex')}`, 'the v1 signature is hex; base64 expected'],
  ['no base64', `v1,${right.toString('base64').slice(0, -1)}`, 'the v1 signature is no base64'],
  ['another hash', `v1,${right.subarray(12).toString('base64')}`, 'the v1 signature has 20 bytes; sha256 gives 32'],
])('says of %s what is wrong: %s', (_name, signature, problem) => {
  const { code, message } = refusalOf(signature);
  expect([code, message]).toEqual(['RB_SIGN_MISMATCH', expect.stringContaining(`does not fit the request: ${problem}. Check`)]);
});

it('says that it fits without the white space at the end of the body', () => {
  const { message } = refusalOf(`v1,${right.toString('base64')}`, `${BODY}\r\n`);
  expect(message).toContain('it fits without the 2 bytes of white space at the end of the body. Check');
});

it('tells nobody what would fit otherwise, and always what the key is', () => {
  for (const [signature, body] of [
    [right, '{"type":"b"}\n'],
    [signWith('other'), BODY],
    [signWith(KEY), BODY],
  ] as const) {
    const { message } = refusalOf(`v1,${signature.toString('base64')}`, body);
    expect(message).toContain('check the secrets of source sw (the key is the decoded base64, not its text)');
  }
});

it('has for the log the id, the algorithm and the length; never the signature', () => {
  for (const signature of ['abc', `v1,${right.toString('base64')}`]) {
    const { facts, message } = refusalOf(signature, `${BODY} x`);
    expect(facts).toEqual({ requestID: 'msg_1', algorithm: 'sha256', signLength: signature.length });
    expect(JSON.stringify([facts, message])).not.toContain(signature);
  }
});
