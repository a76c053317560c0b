import { describe, expect, it } from 'vitest';
import { load, problems, settings } from './test-settings.ts';

const webhook = (keys: string) => settings({ outputs: `outputs: [{ name: out, type: webhook, ${keys} }]` });
function reveal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reveal);
  if (typeof value !== 'object' || value === null) return value;
  if ('reveal' in value && typeof value.reveal === 'function') return value.reveal();
  return Object.fromEntries(Object.entries(value).map(([key, found]) => [key, reveal(found)]));
}

describe('secret files', () => {
  it('hold a text, a list or a record, beside the settings file', () => {
    const text = settings({
      redis: 'redis: { urlFile: ${FOLDER:-.}/redis }',
      sources: 'sources: [{ name: a, type: callbot, accounts: [{ uuid: a, secretsFile: secrets }] }]',
      outputs: 'outputs: [{ name: out, type: webhook, urlFile: ./url, signingSecretFile: sign, headersFile: headers }]',
    });
    const files = {
      redis: 'redis://from-file\n',
      secrets: 'one\r\n two \n\nthree\n',
      url: 'https://x',
      sign: '\n line \n\n',
      headers: 'Authorization: Bearer a:b \nX-Empty-Not:1\n',
    };
    const { redis, sources, outputs } = load(text, { files });
    expect(redis.url?.reveal()).toBe('redis://from-file');
    expect(reveal(sources[0]?.settings)).toEqual({
      accounts: [{ uuid: 'a', secrets: ['one', ' two ', 'three'], algorithm: 'md5' }],
    });
    expect(reveal(outputs[0]?.settings)).toEqual({
      url: 'https://x',
      signingSecret: '\n line \n',
      headers: { Authorization: 'Bearer a:b', 'X-Empty-Not': '1' },
    });
  });

  it.each([
    ['a missing file', 'urlFile: nope', '3:48 outputs[0].urlFile: nope cannot be read: there is no such file'],
    ['a folder', 'urlFile: .', '3:48 outputs[0].urlFile: . cannot be read: it is a folder'],
    ['an empty file', 'urlFile: empty', '3:48 outputs[0].urlFile: empty is empty'],
    ['a file of blank lines', 'urlFile: blank', '3:48 outputs[0].urlFile: blank is empty'],
    [
      'a file of bytes',
      'urlFile: bytes',
      '3:48 outputs[0].urlFile: bytes cannot be read: it is not text in UTF-8; write the secret as text, a key in base64 or hexadecimal',
    ],
    ['a path that is no text', 'urlFile: 3', '3:48 outputs[0].urlFile: is not the path of a file'],
    ['an empty path', "urlFile: ''", '3:48 outputs[0].urlFile: is not the path of a file'],
    ['a path from a variable', 'urlFile: ${HUSH}', '3:48 outputs[0].urlFile: the file cannot be read: there is no such file'],
    [
      'a path from an unset variable',
      'urlFile: ${NOPE}',
      '3:48 outputs[0].urlFile: the environment variable NOPE is not set; set it, or write ${NOPE:-default}',
    ],
    ['both ways', 'url: http://x, urlFile: good', '3:54 outputs[0].urlFile: url is given as well; keep one of them'],
    [
      'a secret that does not fit',
      'urlFile: bad',
      '3:48 outputs[0].url: the value is not a URL that begins with http:// or https://',
    ],
    [
      'a record without names',
      'url: http://x, headersFile: bad',
      '3:67 outputs[0].headersFile: bad does not hold lines of Name: value',
    ],
    [
      'a twin of what is no secret',
      'url: http://x, verboseFile: good',
      expect.stringMatching(/^3:54 outputs\[0\]\.verboseFile: unknown key; known: /),
    ],
  ])('%s', (_what, keys, expected) => {
    const files = { good: 'http://x', bad: 'hush', empty: '', blank: ' \n\n', bytes: Buffer.from([0xff, 0x41]) };
    const lines = problems(webhook(keys), { files, env: { HUSH: 'hush-path' } });
    expect(lines).toEqual([expected]);
  });
});
