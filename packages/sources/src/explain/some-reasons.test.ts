import { RingbackError } from '@ringback/contracts';
import { describe, expect, it } from 'vitest';
import { acme } from '../example/test-acme.ts';
import { BODY, CASES, codesOf, createBench, json, KEY, OTHER, SECRET } from './test-reasons.ts';

describe('only some', () => {
  const [callbots, nxlinks, hmacs, standards] = CASES.map(({ type, settings }) => createBench(type, settings));
  const account = (more: object) => ({ accounts: [{ uuid: 'u-1', secrets: [SECRET], algorithm: 'md5', ...more }] });

  it('another algorithm', () => {
    const callbotSha = callbots?.made({ changes: account({ algorithm: 'sha256' }) });
    expect(callbotSha && callbots && codesOf(callbots.explain(callbotSha))).toEqual(['wrong-algorithm']);
    const signature = { header: 'x-signature', signs: '{timestamp}.{body}', algorithm: 'sha1' };
    const sha1 = hmacs?.made({ changes: { signature } });
    expect(sha1 && hmacs && codesOf(hmacs.explain(sha1))).toEqual(['wrong-algorithm']);
  });

  it('the case of letters', () => {
    const low = callbots?.made();
    if (!low || !callbots) throw new Error('no bench');
    low.headers['sign'] = low.headers['sign']?.toLowerCase() ?? '';
    expect(codesOf(callbots.explain(low))).toEqual(['lower-case']);
    const high = nxlinks?.made();
    if (!high || !nxlinks) throw new Error('no bench');
    high.headers['sign'] = high.headers['sign']?.toUpperCase() ?? '';
    expect(codesOf(nxlinks.explain(high))).toEqual(['upper-case']);
  });

  it('an account that nobody knows, or another one', () => {
    if (!callbots || !nxlinks) throw new Error('no bench');
    const unknown = callbots.explain(callbots.made({ changes: account({ uuid: 'U-1' }) }));
    expect(unknown).toMatchObject({
      isProven: true,
      reasons: [{ code: 'unknown-account', text: expect.stringContaining('account u-1') }],
    });
    expect(codesOf(callbots.explain(callbots.made({ changes: account({ uuid: 'x', secrets: [OTHER] }) })))).toEqual([
      'unknown-account',
    ]);
    const both = { accounts: [...account({}).accounts, { uuid: 'u-2', secrets: [OTHER], algorithm: 'md5' }] };
    const mixed = callbots.explain(callbots.made({ changes: account({ secrets: [OTHER] }) }), both);
    expect(codesOf(mixed)).toEqual(['other-account']);
    const key = { accounts: [{ accessKey: 'nobody', accessSecrets: [SECRET] }] };
    expect(codesOf(nxlinks.explain(nxlinks.made({ changes: key })))).toEqual(['unknown-account']);
  });

  it('how the secret is read, and what is signed', () => {
    if (!standards || !hmacs) throw new Error('no bench');
    const asText = standards.made({ changes: { secrets: [Buffer.from(KEY).toString('base64')] } });
    expect(codesOf(standards.explain(asText))).toEqual(['secret-encoding']);
    const alone = hmacs.made({ changes: { signature: { header: 'x-signature' }, timestamp: undefined } });
    alone.headers['x-time'] = '1700000000';
    expect(codesOf(hmacs.explain(alone))).toEqual(['other-signed-text']);
    const base64 = hmacs.made({
      changes: { signature: { header: 'x-signature', signs: '{timestamp}.{body}', encoding: 'base64' } },
    });
    expect(codesOf(hmacs.explain(base64))).toEqual(['other-encoding']);
    const prefixed = hmacs.made({
      changes: { signature: { header: 'x-signature', signs: '{timestamp}.{body}', prefix: 'sha256=' } },
    });
    expect(codesOf(hmacs.explain(prefixed))).toEqual(['other-encoding']);
    const hex = standards.made();
    const [, signature = ''] = (hex.headers['webhook-signature'] ?? '').split(',');
    hex.headers['webhook-signature'] = `v1,${Buffer.from(signature, 'base64').toString('hex')}`;
    expect(codesOf(standards.explain(hex))).toEqual(['other-encoding']);
  });

  it('a source without an explanation of its own says what its check says', () => {
    const bench = createBench(acme, { secret: SECRET });
    expect(bench.explain(bench.made()).reasons).toEqual([]);
    expect(codesOf(bench.explain({ ...bench.made(), body: json('{}') }))).toEqual(['wrong-secret']);
    expect(codesOf(bench.explain({ headers: {}, body: BODY }))).toEqual(['header-missing']);
    expect(() => bench.explain(bench.made(), { secret: '\uFDD0not set' })).toThrow(RingbackError);
  });
});
