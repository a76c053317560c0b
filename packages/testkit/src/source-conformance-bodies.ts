import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { BODY, errorOf, PHONE, receive, type SourceBench, type SourceConformance } from './source-bench.ts';

export function describeChangedBodies({ request, refused }: SourceBench): void {
  it.each([
    ['a newline at its end', Buffer.from(`${BODY}\n`)],
    ['a byte less', Buffer.from(BODY.slice(0, -1))],
    ['the same JSON written in another way', Buffer.from(JSON.stringify(JSON.parse(BODY), undefined, 1))],
    ['nothing', Buffer.alloc(0)],
    ['more than was signed', Buffer.concat([Buffer.from(BODY), Buffer.alloc(1024 * 1024, ' ')])],
  ])('refuses a body that is another one than was signed: %s', (_what, body) => {
    expect(refused({ ...request(), body }).code).toBe('RB_SIGN_MISMATCH');
  });

  it('refuses a body with any one byte changed', () => {
    expect(() =>
      fc.assert(
        fc.property(fc.nat(Buffer.byteLength(BODY) - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
          const body = Buffer.from(BODY);
          body[at] = (body[at] ?? 0) ^ bits;
          return refused({ ...request(), body }).code === 'RB_SIGN_MISMATCH';
        }),
      ),
    ).not.toThrow();
  });
}

/** A signed body that cannot be used is refused with its code. */
export function describeUnfitBodies({ unfit = {} }: SourceConformance, { request, refused }: SourceBench): void {
  it('says of a body that it cannot read what is wrong with it, and never what it says', () => {
    for (const text of ['', `no JSON ${PHONE}`, `{"phone":"${PHONE}"`, 'null', '"x"', '\uFEFF{}', '['.repeat(10_000)]) {
      expect(refused(request({ body: Buffer.from(text) })).code).toBe('RB_BODY_MALFORMED');
    }
  });

  it.each(Object.entries(unfit))('refuses a body that does not fit: %s', (code, body) => {
    expect(refused(request({ body: Buffer.from(JSON.stringify(body)) })).code).toBe(code);
  });
}

export function describeAnyBytes(bench: SourceBench): void {
  const { sign, verify, request } = bench;

  it('refuses with a code, whatever comes', () => {
    const header = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
    const values = fc.array(header, { maxLength: 2 });
    expect(() =>
      fc.assert(
        fc.property(
          values,
          fc.dictionary(fc.constantFrom(...Object.keys(request().headers)), values),
          fc.uint8Array(),
          (signs, others, bytes) => {
            const inbound = { ...request({ headers: { ...others, [sign]: signs } }), body: Buffer.from(bytes) };
            return errorOf(() => verify(inbound)) !== undefined;
          },
        ),
      ),
    ).not.toThrow();
  });

  it('reads or refuses any signed bytes', () => {
    expect(() =>
      fc.assert(
        fc.property(
          fc.oneof(
            fc.uint8Array(),
            fc.json().map((text) => Buffer.from(text)),
          ),
          (bytes) => {
            errorOf(() => receive(bench, request({ body: Buffer.from(bytes) })));
          },
        ),
      ),
    ).not.toThrow();
  });
}
