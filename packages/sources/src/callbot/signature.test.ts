import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleBody } from './samples.ts';
import vectorFile from './signature-vectors.json' with { type: 'json' };
import { callbot } from './source.ts';
import { decode, receive as receiveFrom, type Algorithm, inbound, outcomeOf, SECRET, testSource } from './test-source.ts';

const { vectors } = vectorFile;
const algorithms: Algorithm[] = ['md5', 'sha256'];

/** A request that passed the signature step may still be refused for its body. */
const REFUSED_BY_SIGNATURE = /^RB_(HEADER|SIGN|ACCOUNT)/;

const anyBody = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'binary', maxLength: 300 }).map((text) => Buffer.from(text)),
  fc
    .tuple(fc.jsonValue(), fc.constantFrom(undefined, 1, 2, '\t', '  '))
    .map(([value, spacing]) => Buffer.from(JSON.stringify(value, null, spacing))),
);

function fromVector({ uuid, secretKey, algorithm, requestID, createTs, body, sign }: (typeof vectors)[number]) {
  const account = {
    uuid,
    secrets: [secretKey],
    algorithm: algorithm.toLowerCase(),
  };
  const headers = { requestid: [requestID], uuid: [uuid], createts: [createTs], sign: [sign] };
  return {
    source: callbot.create({ name: 'callbot', settings: decode({ accounts: [account] }) }),
    request: inbound(body, { headers }),
  };
}

describe('the vectors over the documented rule', () => {
  it('are there', () => expect(vectors.length).toBe(10));

  it.each(vectors)('$name verifies', (vector) => {
    const { source, request } = fromVector(vector);
    expect(outcomeOf(source, request).code).not.toMatch(REFUSED_BY_SIGNATURE);
  });

  it.each(vectors)('$name does not verify for another body, createTs or requestID', (vector) => {
    const refused = [{ body: `${vector.body} ` }, { createTs: '1700000001' }, { requestID: '0' }].map((change) => {
      const { source, request } = fromVector({ ...vector, ...change });
      return outcomeOf(source, request).code;
    });
    expect(refused).toEqual(['RB_SIGN_MISMATCH', 'RB_SIGN_MISMATCH', 'RB_SIGN_MISMATCH']);
  });
});

describe.each(algorithms)('an account with %s', (algorithm) => {
  const source = testSource({ algorithm });

  it('verifies any bytes, any UTF-8 and any spacing', () => {
    fc.assert(
      fc.property(anyBody, (body) => {
        expect(outcomeOf(source, inbound(body, { algorithm })).code).not.toMatch(REFUSED_BY_SIGNATURE);
      }),
    );
  });

  it('verifies request ids of any script', () => {
    const requestID = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter((id) => id.trim() === id && !/\p{Cc}/u.test(id));
    fc.assert(
      fc.property(requestID, (id) => {
        const request = inbound(sampleBody({ kind: 'task', at: 1 }), { algorithm, requestID: id });
        expect(receiveFrom(source, request).id).toBe(id);
      }),
    );
  });

  it('refuses a body with any one bit flipped', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(), fc.nat(7), (bytes, at, bit) => {
        const request = inbound(Buffer.from(bytes), { algorithm });
        const flipped = bytes.map((byte, index) => (index === at % bytes.length ? byte ^ (1 << bit) : byte));
        expect(outcomeOf(source, { ...request, body: Buffer.from(flipped) }).code).toBe('RB_SIGN_MISMATCH');
      }),
    );
  });

  it('refuses the sign of the other algorithm, whatever its length', () => {
    const other = algorithm === 'md5' ? 'sha256' : 'md5';
    expect(outcomeOf(source, inbound('{}', { algorithm: other })).code).toBe('RB_SIGN_MISMATCH');
  });

  it('is not told the algorithm by a header', () => {
    const other = algorithm === 'md5' ? 'sha256' : 'md5';
    const request = inbound('{}', { algorithm: other });
    expect(outcomeOf(source, { ...request, headers: { ...request.headers, algorithm: [other.toUpperCase()] } }).code).toBe(
      'RB_SIGN_MISMATCH',
    );
  });
});

describe('what else is refused', () => {
  it.each([
    ['spaces taken out', (text: string) => JSON.stringify(JSON.parse(text))],
    ['spaces put in', (text: string) => JSON.stringify(JSON.parse(text), null, 2)],
    ['a newline added', (text: string) => `${text}\n`],
  ])('a body that a proxy re-serialised: %s', (_name, reserialise) => {
    const body = '{"callbackType": 1, "other": "a\\u0026b", "rate": 1.10}';
    const request = inbound(body);
    expect(outcomeOf(testSource(), request).code).not.toMatch(REFUSED_BY_SIGNATURE);
    expect(outcomeOf(testSource(), { ...request, body: Buffer.from(reserialise(body)) }).code).toBe('RB_SIGN_MISMATCH');
  });

  it.each([
    ['in lower case', (sign: string) => sign.toLowerCase()],
    ['cut short', (sign: string) => sign.slice(0, -1)],
    ['with something behind it', (sign: string) => `${sign}0`],
    ['of the wrong characters', (sign: string) => sign.replaceAll(/./g, 'Z')],
  ])('a sign %s', (_name, change) => {
    const request = inbound('{}');
    const sign = change(request.headers['sign']?.[0] ?? '');
    expect(outcomeOf(testSource(), { ...request, headers: { ...request.headers, sign: [sign] } }).code).toBe('RB_SIGN_MISMATCH');
  });
});

describe('several secrets', () => {
  const source = testSource({ secrets: ['old', SECRET, 'new'] });

  it.each(['old', SECRET, 'new'])('each of them verifies: %s', (secret) => {
    expect(outcomeOf(source, inbound('{}', { secret })).code).not.toMatch(REFUSED_BY_SIGNATURE);
  });

  it('no other does', () => expect(outcomeOf(source, inbound('{}', { secret: 'other' })).code).toBe('RB_SIGN_MISMATCH'));
});
