import { describe, expect, it } from 'vitest';
import { bodyVariants } from './body-variants.ts';
import { explainSignature } from './explain-signature.ts';
import { finish } from './explain-request.ts';
import { CASES, codesOf, createBench, json } from './test-reasons.ts';

const KIB = 1024;
/** The largest that the ingress explains. */
const BYTES = 16 * KIB;
const many = (text: string, bytes = BYTES - KIB) => text.repeat(Math.floor(bytes / text.length));
const nested = (levels: number, inner = '') => `${'['.repeat(levels)}${inner}${']'.repeat(levels)}`;

const HOSTILE: Readonly<Record<string, string>> = {
  'nested as deeply as it fits': nested(8190),
  'objects, nested': `${many('{"a":', 10 * KIB)}1${'}'.repeat(2048)}`,
  'many values at a depth that is allowed': nested(100, `${many('1,')}1`),
  'many strings': `[${many('"/<\u00e9",')}1]`,
  'one key again and again': `{${many('"a":1,')}"a":1}`,
  'nothing but what is escaped': `{"a":"${many('+')}"}`,
  'white space': `${many(' ')}{}`,
  'line feeds': `${many('\n')}{}`,
};

describe.each(Object.entries(HOSTILE))('a body that costs much: %s', (_name, text) => {
  const body = json(text);

  it('is written in no way that is much longer', () => {
    let longest = 0;
    for (const variant of bodyVariants(body, { skip: () => {} })) longest = Math.max(longest, variant?.body.length ?? 0);
    expect(longest).toBeGreaterThan(0);
    expect(longest).toBeLessThanOrEqual(8 * body.length + 2 * KIB);
  });

  it('costs no more than the effort, and gets a reason', () => {
    let hashed = 0;
    const effort = { bytes: 256 * KIB };
    const fits = ({ keys, body: tried }: { keys: readonly unknown[]; body: Buffer }) => {
      hashed += tried.length * keys.length;
      return false;
    };
    const keys = ['one-secret', 'another-secret'];
    const found = finish(explainSignature({ keys, secrets: keys, body, effort, secretsOf: 'account u-1', fits }));
    expect(found).toMatchObject({ reasons: [{ code: 'wrong-secret' }], isProven: false });
    expect(found.untried).toContain('from where they cost more than 128 KiB');
    // The body as it came is always tried.
    expect(hashed).toBeLessThanOrEqual(effort.bytes + body.length * keys.length);
  });
});

it.each(CASES)('$type.type: what was left out is said', ({ type, settings }) => {
  const bench = createBench(type, settings);
  const { headers } = bench.made();
  const deep = bench.explain({ headers, body: json(nested(101)) });
  expect([codesOf(deep), deep.untried]).toEqual([['wrong-secret'], expect.stringContaining('nested deeper than 100 levels')]);
  const large = bench.explain({ headers, body: json(`["${many('x', 2 * KIB * KIB)}"]`) }, {}, { bytes: 64 * KIB * KIB });
  expect([codesOf(large), large.untried]).toEqual([['wrong-secret'], expect.stringContaining('larger than 2 MiB')]);
  const usual = bench.explain({ headers, body: json('{"another":["body"]}') });
  expect([codesOf(usual), usual.untried]).toEqual([['wrong-secret'], undefined]);
});

it.each(CASES)('$type.type: without a body, only what the head tells', ({ type, settings }) => {
  const bench = createBench(type, settings);
  const head = { method: 'POST', path: '/', query: '', receivedAt: 1_700_000_000_000 };
  const headers = Object.entries(bench.made().headers).map(([name, value]) => [name.toLowerCase(), [value]] as const);
  const source = bench.source();
  const found = source.explain && finish(source.explain({ ...head, headers: Object.fromEntries(headers) }, undefined));
  expect(found).toMatchObject({ reasons: [], isProven: false });
});
