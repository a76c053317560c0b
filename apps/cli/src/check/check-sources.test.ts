import { describe, expect, it } from 'vitest';
import { check } from './check.ts';
import { testFile } from '../run-cli.ts';

const LONG = 'a-secret-of-more-than-16-bytes';

/** The warnings about these sources; throws with their problems. */
async function warningsOf(sources: string): Promise<string[]> {
  const path = await testFile(
    'ringback.yaml',
    `sources: [${sources}]\noutputs: [{ name: crm, type: stdout }]\nroutes: [{ to: [crm] }]\n`,
  );
  const err: string[] = [];
  check({ path, env: {}, strict: false, terminal: { out: () => {}, err: (line) => void err.push(line) } });
  return err.map((line) => line.replace(path, 'FILE'));
}

const hmac = (keys: string, signature = '{ header: x-signature }') =>
  `{ name: shop, type: hmac, path: /s, secrets: [${LONG}], signature: ${signature}${keys} }`;
const webhooks = (secrets: string) => `{ name: sw, type: standard-webhooks, path: /sw, secrets: [${secrets}] }`;

describe('a weak secret of a source', () => {
  it.each([
    ['a published sample', webhooks('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'), /is a published sample.*RB_SECRET_PUBLISHED/],
    ['the same without whsec_', webhooks('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'), /is a published sample.*RB_SECRET_PUBLISHED/],
    ['a short key', webhooks('whsec_AA=='), /has less than 16 bytes.*RB_SECRET_SHORT/],
    ['a key of 15 bytes', webhooks(`whsec_${'A'.repeat(20)}`), /has less than 16 bytes.*RB_SECRET_SHORT/],
    ['a short text', hmac('').replace(LONG, 's3cret'), /has less than 16 bytes.*RB_SECRET_SHORT/],
    [
      'the sample of GitHub',
      hmac('').replace(LONG, `"It's a Secret to Everybody"`),
      /is a published sample.*RB_SECRET_PUBLISHED/,
    ],
  ])('is a warning with its place: %s', async (_what, source, text) => {
    const warnings = await warningsOf(source);
    expect(warnings).toEqual([expect.stringMatching(text)]);
    expect(warnings[0]).toMatch(/^warning: FILE:1:\d+ sources\[0\]\.secrets\[0\]: /);
    expect(warnings[0]).not.toMatch(/MfKQ|AA|s3cret|Everybody/);
  });

  it('is each of several, and no other', async () => {
    const warnings = await warningsOf(webhooks(`whsec_${'A'.repeat(32)}, whsec_AA==`));
    expect(warnings).toEqual([expect.stringContaining('sources[0].secrets[1]: has less')]);
    expect(await warningsOf(hmac(''))).toEqual([]);
  });
});

describe('a setting of hmac that is no mapping', () => {
  it.each([
    [hmac(', id: x-github-delivery'), '"x-github-delivery" is not a mapping; write { header: x-name } or { json: a.path }'],
    [hmac(', event: x-github-event'), '"x-github-event" is not a mapping; write { header: x-name } or { json: a.path }'],
    [hmac(', timestamp: x-time'), '"x-time" is not a mapping; write { header: x-timestamp }'],
    [hmac(', challenge: token'), '"token" is not a mapping; write { query: name } or { json: a.path }'],
    [hmac(', answer: 202'), '202 is not a mapping; write { status: 202 }'],
    [hmac('', 'x-hub-signature-256'), 'is not a mapping; write { header: x-signature }'],
  ])('says what to write: %s', async (source, text) => {
    await expect(warningsOf(source)).rejects.toThrow(text);
  });
});

describe('a mistyped choice', () => {
  it.each([
    [hmac('', '{ header: x, algorithm: sha-256 }'), '"sha-256" is not one of sha256, sha512, sha384, sha1; did you mean sha256?'],
    [hmac('', '{ header: x, encoding: HEX }'), '"HEX" is not one of hex, base64; did you mean hex?'],
    [hmac('').replace('type: hmac', 'type: hmak'), /"hmak" is not one of callbot, .*; did you mean hmac\?/],
  ])('names what was meant: %s', async (source, text) => {
    await expect(warningsOf(source)).rejects.toThrow(text);
  });
});

describe('a path of hmac in the notation of JSONPath', () => {
  it.each([
    [', id: { json: $.id }', 'id.json: "$.id" is JSONPath; write id, with only dots between the keys'],
    [', event: { json: "$.data[0].type" }', 'event.json: "$.data[0].type" is JSONPath; write data.0.type, with only dots'],
    [`, businessKey: { json: "data['order']" }`, `businessKey.json: "data['order']" is JSONPath; write data.order, with`],
    [
      ', challenge: { json: $ }',
      'challenge.json: "$" is JSONPath; write keys with only dots between them, such as data.object.id',
    ],
  ])('is refused with its place, and what to write: %s', async (keys, text) => {
    const problems = await warningsOf(hmac(keys)).catch(String);
    expect(problems).toContain(text);
    expect(problems).toMatch(/:1:\d+/);
  });

  it.each(['id', 'data.object.id', 'items.0.id', '$id', 'a.$type'])('is none: %s', async (path) => {
    expect(await warningsOf(hmac(`, id: { json: ${path} }`))).toEqual([]);
  });
});
