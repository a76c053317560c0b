import { expect, it } from 'vitest';
import { keptAnswer } from './kept-answer.ts';

const request = {
  url: 'https://example.com/hooks/T0123/s3cr%22et?token=a%20b%20c%20d&x=1',
  headers: { authorization: 'Bearer hush-hush' },
};

it('keeps the first KiB, cut between characters', () => {
  expect(keptAnswer(`x${'ü'.repeat(10_000)}`, request)).toBe(`x${'ü'.repeat(511)}`);
  expect(keptAnswer(`x${'😀'.repeat(10_000)}`, request)).toBe(`x${'😀'.repeat(255)}`);
  expect(keptAnswer('no such lead', request)).toBe('no such lead');
});

it.each([
  ['the path', 'no /hooks/T0123/s3cr%22et here'],
  ['the path, decoded', 'no s3cr"et here'],
  ['the path in JSON', 'no {"at":"s3cr\\"et"} here'],
  ['a parameter', 'no a b c d here'],
  ['a parameter as it is sent', 'no token=a%20b%20c%20d here'],
  ['a header', 'no Bearer hush-hush here'],
  ['a part of a header', 'no hush-hush here'],
])('leaves out what the answer repeats of %s', (_what, text) => {
  expect(keptAnswer(text, request)).not.toMatch(/s3cr|a b c|a%20b|hush/);
  expect(keptAnswer(text, request)).toMatch(/^no .*\[redacted\].* here$/);
});

it.each([
  ['what Basic says', { authorization: `Basic ${btoa('bob1234:hunter2hunter2')}` }, 'hunter2hunter2'],
  ['a cookie', { cookie: 'session=s3cr3t-one; theme=darkness' }, 'session=s3cr3t-one'],
  ['a named token', { authorization: 'Token token="s3cr3t-two"' }, 'S3CR3T-TWO'],
  ['one of two', { authorization: 'ApiKey ident:s3cr3t/three' }, 's3cr3t\\/three'],
])('leaves out %s', (_what, headers, told) => {
  expect(keptAnswer(`no ${told} here`, { url: request.url, headers })).toMatch(/^no .*\[redacted\].* here$/);
  expect(keptAnswer(`no ${told} here`, { url: request.url, headers })).not.toMatch(/s3cr3t|hunter2h/i);
});

it('leaves out a secret that the end would cut', () => {
  expect(keptAnswer(`${'x'.repeat(1020)}hush-hush`, request)).not.toContain('hush');
});
