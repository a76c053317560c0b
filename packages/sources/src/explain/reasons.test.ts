import { describe, expect, it } from 'vitest';
import { standardWebhooks } from '../standard-webhooks/source.ts';
import { BODY, CASES, codesOf, createBench, json, KEY, type Made, OTHER, SECRET } from './test-reasons.ts';

/** The body that came; `BODY` was signed. */
const CHANGED: Readonly<Record<string, [string, Buffer, Buffer]>> = {
  'a line feed more': ['trailing-newline', BODY, json(`${BODY.toString()}\n`)],
  'a line feed less': ['trailing-newline', json(`${BODY.toString()}\n`), BODY],
  'one of two line feeds less': ['trailing-newline', json(`${BODY.toString()}\r\n`), BODY],
  'CRLF for LF': ['line-endings', BODY, json(BODY.toString().replaceAll('\n', '\r\n'))],
  'Python, read and written compactly': [
    'reserialised',
    json('{"taskId": "t-1", "name": "\\u725b", "list": [1, {}]}'),
    json('{"taskId":"t-1","name":"\u725b","list":[1,{}]}'),
  ],
  'compact, written with indents': [
    'reserialised',
    json('{"a":[1,2],"b":{}}'),
    json('{\n  "a": [\n    1,\n    2\n  ],\n  "b": {}\n}'),
  ],
  'indented, read and written compactly': [
    'reserialised',
    json(JSON.stringify({ a: [1, {}], b: 'x' }, null, 2)),
    json('{"a":[1,{}],"b":"x"}'),
  ],
  'escapes decoded': ['decoded-escapes', json('{"taskId": "t", "a":"\\u725b"}'), json('{"taskId": "t", "a":"\u725b"}')],
  'escaped slashes decoded': ['decoded-escapes', json('{"taskId": "t", "a":"x\\/y"}'), json('{"taskId": "t", "a":"x/y"}')],
  'escapes of Go decoded': ['decoded-escapes', json('{"a":"\\u003cx\\u0026y\\u003e"}'), json('{"a":"<x&y>"}')],
  'GBK read as it came': ['other-charset', json('{"a":"\u725b"}'), Buffer.from([...json('{"a":"'), 0xc5, 0xa3, ...json('"}')])],
  'GBK converted to UTF-8': [
    'other-charset',
    Buffer.from([...json('{"a":"'), 0xc5, 0xa3, ...json('"}')]),
    json('{"a":"\u725b"}'),
  ],
  'ISO 8859-1 converted': ['other-charset', Buffer.from('{"a":"\u00e9"}', 'latin1'), json('{"a":"\u00e9"}')],
  'UTF-8 encoded twice': ['other-charset', json('{"a":"\u00e9"}'), json('{"a":"\u00c3\u00a9"}')],
  'a byte order mark more': ['other-charset', BODY, Buffer.concat([json('\uFEFF'), BODY])],
  'signed without the body': ['empty-body', Buffer.alloc(0), BODY],
  'another body': ['wrong-secret', BODY, json('{"taskId":"t-2"}')],
};

describe.each(CASES)('$type.type', ({ type, settings, with: withSecret, sign, id }) => {
  const bench = createBench(type, settings);
  const made = (options: Parameters<typeof bench.made>[0] = {}) => bench.made({ body: BODY, ...options });
  const changed = (change: (request: Made) => void) => {
    const request = made();
    change(request);
    return bench.explain(request);
  };
  const rename = (from: string, to: string) =>
    changed(({ headers }) => {
      const name = Object.keys(headers).find((known) => known.toLowerCase() === from.toLowerCase()) ?? '';
      headers[to] = headers[name] ?? '';
      delete headers[name];
    });

  it('a right request has no reason, and an account', () => {
    expect(bench.explain(made())).toMatchObject({ source: 'src', account: expect.any(String), reasons: [], isProven: true });
  });

  it.each(Object.entries(CHANGED))('%s', (_name, [code, signed, came]) => {
    const { headers } = made({ body: signed });
    const found = bench.explain({ headers, body: came });
    expect([codesOf(found), found.isProven]).toEqual([[code], code !== 'wrong-secret']);
  });

  it('wrong, trimmed and padded secrets', () => {
    const { headers } = made({ changes: withSecret(OTHER) });
    const wrong = bench.explain({ headers, body: BODY });
    expect([codesOf(wrong), wrong.isProven]).toEqual([['wrong-secret'], false]);
    if (type === standardWebhooks) return;
    expect(codesOf(bench.explain(made({ changes: withSecret(`${SECRET}\n`) })))).toEqual(['trimmed-secret']);
    expect(codesOf(bench.explain(made(), withSecret(` ${SECRET}`)))).toEqual(['padded-secret']);
    expect(codesOf(bench.explain(made(), withSecret(`"${SECRET}"`)))).toEqual(['padded-secret']);
  });

  it('headers that are missing, renamed or empty', () => {
    for (const name of [sign, id]) {
      expect(codesOf(rename(name, 'something-else'))).toEqual(['header-missing']);
      expect(
        codesOf(
          changed(
            ({ headers }) =>
              void (headers[Object.keys(headers).find((known) => known.toLowerCase() === name.toLowerCase()) ?? ''] = ' '),
          ),
        ),
      ).toEqual(['header-invalid']);
      const renamed = rename(name, `x_provider_${name}`);
      expect([codesOf(renamed), renamed.isProven]).toEqual([['other-header'], true]);
    }
  });

  it('another clock: last, unless it is all', () => {
    const old = made({ at: 1_600_000_000_000 });
    expect(bench.explain(old)).toMatchObject({
      isProven: true,
      reasons: [{ code: 'stale', text: expect.stringContaining('the signature itself fits') }],
    });
    expect(codesOf(bench.explain({ ...old, body: json('{}') }))).toEqual(['wrong-secret', 'stale']);
  });

  it('says no secret and no right sign', () => {
    const right = made().headers[sign] ?? '';
    const found = [
      changed(
        ({ headers }) => void (headers[sign] = right.toUpperCase().replace(/[0-9A-F]$/, (digit) => (digit === '0' ? '1' : '0'))),
      ),
      bench.explain({ ...made(), body: json('{}') }),
    ];
    const said = JSON.stringify(found);
    for (const text of [SECRET, KEY, right, 't-1']) expect(said).not.toContain(text);
  });
});
