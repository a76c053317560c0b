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

it('leaves out a secret that the end would cut', () => {
  expect(keptAnswer(`${'x'.repeat(1020)}hush-hush`, request)).not.toContain('hush');
});
