import { createHash } from 'node:crypto';
import type { InboundRequest } from '@ringback/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleBody } from './samples.ts';
import { extendDigest, padding } from './test-length-extension.ts';
import { type Algorithm, inbound, outcomeOf, SIGNED_AT_S, testSource, UUID } from './test-source.ts';

const algorithms: Algorithm[] = ['md5', 'sha256'];
const observedBody = Buffer.from(sampleBody({ kind: 'task', at: SIGNED_AT_S }));

/** What an attacker has seen of one callback; the secret's length is guessed. */
type Observed = { algorithm: Algorithm; body: Buffer; request: InboundRequest; secretLength: number };
type Choice = { suffix: string; createTs: string; requestID: string };

const tail = (createTs: string, requestID: string, uuid: string) => `&createTs=${createTs}&requestID=${requestID}&uuid=${uuid}`;
const header = ({ headers }: InboundRequest, name: string) => headers[name]?.[0] ?? '';

/** Another callback than the observed one, with a sign that fits it. */
function forge({ algorithm, body, request, secretLength }: Observed, { suffix, createTs, requestID }: Choice): InboundRequest {
  const observedTail = tail(header(request, 'createts'), header(request, 'requestid'), header(request, 'uuid'));
  const length = secretLength + '&body='.length + body.length + observedTail.length;
  const inBody = Buffer.from(suffix);
  const sign = extendDigest({
    algorithm,
    digest: header(request, 'sign'),
    length,
    suffix: Buffer.concat([inBody, Buffer.from(tail(createTs, requestID, UUID))]),
  });
  return {
    ...request,
    headers: { requestid: [requestID], uuid: [UUID], createts: [createTs], sign: [sign] },
    body: Buffer.concat([body, Buffer.from(observedTail, 'latin1'), padding(algorithm, length), inBody]),
  };
}

/** That an attack is real: the forged sign is the one that the provider would have made, with the secret. */
function signOf(algorithm: Algorithm, secret: string, { headers, body }: InboundRequest): string {
  const [createTs, requestID, uuid] = ['createts', 'requestid', 'uuid'].map((name) => headers[name]?.[0] ?? '');
  const message = [secret, '&body=', body, tail(createTs ?? '', requestID ?? '', uuid ?? '')].map((part) => Buffer.from(part));
  return createHash(algorithm).update(Buffer.concat(message)).digest('hex').toUpperCase();
}

describe.each(algorithms)('a forgery by length extension of %s', (algorithm) => {
  const choice = { suffix: 'garbage', createTs: '1700000099', requestID: 'forged' };

  it.each(Array.from({ length: 130 }, (_, index) => index + 1))('is refused with a secret of %d bytes', (secretLength) => {
    const secret = 's'.repeat(secretLength);
    const source = testSource({ algorithm, secrets: ['another', secret] });
    const request = inbound(observedBody, { algorithm, secret });
    const forged = forge({ algorithm, body: observedBody, request, secretLength }, choice);
    expect(header(forged, 'sign')).toBe(signOf(algorithm, secret, forged));
    expect(outcomeOf(source, forged)).toMatchObject({ code: 'RB_SIGN_MISMATCH', message: expect.stringContaining('sign') });
    expect(outcomeOf(source, request).code).toBe('taken');
  });

  it('is refused whatever was observed and whatever is appended, also to what was itself forged', () => {
    const text = fc.string({ maxLength: 80 });
    const id = fc.stringMatching(/^[!-~]{1,40}$/).filter((value) => !value.includes('&'));
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        text,
        id,
        id,
        fc.stringMatching(/^\w{1,70}$/),
        (bytes, suffix, one, two, secret) => {
          const source = testSource({ algorithm, secrets: [secret] });
          const secretLength = secret.length;
          const request = inbound(Buffer.from(bytes), { algorithm, secret, requestID: one });
          const first = forge(
            { algorithm, body: Buffer.from(bytes), request, secretLength },
            { ...choice, suffix, requestID: two },
          );
          const second = forge({ algorithm, body: first.body, request: first, secretLength }, choice);
          expect([first, second].map((forged) => header(forged, 'sign'))).toEqual(
            [first, second].map((forged) => signOf(algorithm, secret, forged)),
          );
          expect([first, second].map((forged) => outcomeOf(source, forged).code)).toEqual([
            'RB_SIGN_MISMATCH',
            'RB_SIGN_MISMATCH',
          ]);
        },
      ),
    );
  });

  it('is refused for an account that shares its secret with the one that was observed', () => {
    const secret = 'shared';
    const request = inbound(observedBody, { algorithm, secret, uuid: 'another' });
    const forged = forge({ algorithm, body: observedBody, request, secretLength: secret.length }, choice);
    expect(header(forged, 'sign')).toBe(signOf(algorithm, secret, forged));
    expect(outcomeOf(testSource({ algorithm, secrets: [secret] }), forged).code).toBe('RB_SIGN_MISMATCH');
  });
});

describe('a body that only looks like one', () => {
  const MISMATCH = 'RB_SIGN_MISMATCH';
  const secret = 'secret';
  const before = '{}&createTs=1700000000&requestID=r&uuid=u';
  const exact = (algorithm: Algorithm) => padding(algorithm, `${secret}&body=${before}`.length);

  it.each(algorithms)('is refused for the exact padding alone (%s)', (algorithm) => {
    const source = testSource({ algorithm, secrets: [secret] });
    const other = algorithm === 'md5' ? 'sha256' : 'md5';
    const codeOf = (...parts: (string | Buffer)[]) => {
      const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
      return outcomeOf(source, inbound(body, { algorithm, secret })).code;
    };
    const pad = exact(algorithm);
    expect(codeOf(before, pad, 'x')).toBe(MISMATCH);
    // Of another length, of the other algorithm, cut short, elsewhere, behind no tail: no message of the provider's could be extended to it.
    expect(codeOf(before, padding(algorithm, before.length), 'x')).not.toBe(MISMATCH);
    expect(codeOf(before, exact(other), 'x')).not.toBe(MISMATCH);
    expect(codeOf(before, pad.subarray(0, -1))).not.toBe(MISMATCH);
    expect(codeOf('x', before, pad)).not.toBe(MISMATCH);
    expect(codeOf(before.replaceAll('&', '+'), pad)).not.toBe(MISMATCH);
    expect(codeOf(before, pad.subarray(1), pad.subarray(0, 1))).not.toBe(MISMATCH);
  });

  it('is taken, where it is a callback, with the tail in its text and continuation bytes of 0x80', () => {
    const body = sampleBody({ kind: 'task', at: SIGNED_AT_S }).replace(
      'spring',
      '&createTs=1&requestID=2&uuid=3 \u0080\u{10000} 退',
    );
    expect(outcomeOf(testSource(), inbound(body)).code).toBe('taken');
  });
});

describe('a signed message that can be cut in two ways', () => {
  // What the provider signed: a body whose text holds a tail of its own.
  const body = '{"other":"x&createTs=1&requestID=2"}';
  const whole = inbound(body, { requestID: 'r' });

  it('is taken as it was signed only', () => {
    const cut = {
      ...whole,
      body: Buffer.from('{"other":"x'),
      headers: { ...whole.headers, createts: ['1'], requestid: [`2"}&createTs=${SIGNED_AT_S}&requestID=r`] },
    };
    expect(outcomeOf(testSource(), whole).code).not.toMatch(/SIGN/);
    expect(outcomeOf(testSource(), cut).code).toBe('RB_SIGN_MISMATCH');
  });

  it.each([
    ['in the text of the body', '{"other":"x', `1&requestID=2"}&createTs=${SIGNED_AT_S}`, 'r'],
    ['in the text of the body, with no time', '{"other":"x', 'y', `2"}&createTs=${SIGNED_AT_S}&requestID=r`],
  ])('is not taken with a createTs that was never one: %s', (_where, start, createTs, requestID) => {
    const text = body.replace('createTs=1', createTs === 'y' ? 'createTs=y' : 'createTs=1');
    const signed = inbound(text, { requestID: 'r' });
    const headers = { ...signed.headers, createts: [createTs], requestid: [requestID] };
    expect(outcomeOf(testSource(), { ...signed, body: Buffer.from(start), headers }).code).toBe('RB_SIGN_MISMATCH');
  });

  it('has one createTs only, where the requestID holds a part of its own', () => {
    const signed = inbound('{}', { requestID: 'a&requestID=b' });
    const headers = { ...signed.headers, createts: [`${SIGNED_AT_S}&requestID=a`], requestid: ['b'] };
    expect(outcomeOf(testSource(), signed).code).not.toMatch(/SIGN/);
    expect(outcomeOf(testSource(), { ...signed, headers }).code).toBe('RB_SIGN_MISMATCH');
  });
});
