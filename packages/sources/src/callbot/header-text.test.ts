import { callbackKey } from '@ringback/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerText } from '../http/header-text.ts';
import { sampleBody } from './samples.ts';
import { inbound, outcomeOf, receive, SIGNED_AT_S, testSource } from './test-source.ts';

const task = sampleBody({ kind: 'task', at: SIGNED_AT_S });
const bytes = (text: string) => Buffer.from(text, 'latin1');

/** Byte strings that are nearly each other's text: where a mapping that is not injective gives itself away. */
const tricky = fc
  .array(fc.constantFrom('\xe9', '\xc3\xa9', '\xc3', '\xa9', '%', 'E', '9', 'C', '3', 'A', '\xef\xbf\xbd', '\xef', '\xff', 'a'), {
    minLength: 1,
    maxLength: 8,
  })
  .map((parts) => bytes(parts.join('')));
const any = fc.oneof(
  tricky,
  fc.uint8Array({ minLength: 1, maxLength: 40 }).map((part) => Buffer.from(part)),
);

describe('headerText', () => {
  it('is different for different bytes', () => {
    fc.assert(
      fc.property(any, any, (one, other) => {
        expect(headerText(one) === headerText(other)).toBe(one.equals(other));
      }),
      { numRuns: 20_000 },
    );
  });

  it('leaves UTF-8 as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        fc.pre(!text.startsWith('\uFFFD'));
        expect(headerText(Buffer.from(text))).toBe(text);
      }),
    );
  });

  it('shows bytes that are no UTF-8 in printable, well-formed text', () => {
    fc.assert(
      fc.property(any, (value) => {
        const text = headerText(value);
        expect(text.isWellFormed()).toBe(true);
        fc.pre(text.startsWith('\uFFFD'));
        expect(Buffer.byteLength(text.slice(1))).toBe(text.length - 1); // ASCII
      }),
    );
  });

  it.each([
    ['\xe9', '\uFFFD%E9'],
    ['\xc3\xa9', 'é'],
    ['%E9', '%E9'],
    ['50%\xe9', '\uFFFD50%25%E9'],
    ['\xef\xbf\xbd%E9', '\uFFFD%EF%BF%BD%25E9'],
  ])('%j → %j', (sent, text) => expect(headerText(bytes(sent))).toBe(text));
});

describe('a requestID', () => {
  const source = testSource();
  const idOf = (requestID: Buffer) => receive(source, inbound(task, { requestID })).id;

  it('of the bytes E9 is another one than of C3 A9: neither is a duplicate of the other', () => {
    const [one, other] = [idOf(bytes('r-\xe9')), idOf(bytes('r-\xc3\xa9'))];
    expect(one).not.toBe(other);
    const keyOf = (id: string) => callbackKey({ source: 'callbot', account: 'a', id });
    expect(keyOf(one)).not.toBe(keyOf(other));
  });

  it.each(['\x00', '\x1b[2J', '\x7f', 'a\tb', '\xc2\x9b2J', '\x00\xff', '\x1b\xff'])(
    'with a control character is refused: %j',
    (id) => {
      expect(outcomeOf(source, inbound(task, { requestID: bytes(id) })).code).toBe('RB_HEADER_INVALID');
    },
  );

  it('never comes out with a control character in it', () => {
    fc.assert(
      fc.property(any, (requestID) => {
        const request = inbound(task, { requestID });
        fc.pre(outcomeOf(source, request).code === 'taken');
        return !/\p{Cc}/u.test(receive(source, request).id);
      }),
    );
    expect.assertions(0);
  });
});

describe('a uuid', () => {
  it('is known by its very bytes', () => {
    const source = testSource({ uuid: 'é' });
    expect(outcomeOf(source, inbound(task, { uuid: 'é' })).code).toBe('taken');
    expect(outcomeOf(source, inbound(task, { uuid: bytes('\xe9') })).code).toBe('RB_ACCOUNT_UNKNOWN');
  });
});
