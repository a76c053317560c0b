import { describe, expect, it } from 'vitest';
import { compilePattern, patternProblem } from './linear-pattern.ts';

describe('compilePattern', () => {
  it.each([
    [String.raw`^(86|852)\d{8,11}$`, '8613800138000', true],
    ['refund', 'a refund, please', true],
    ['^refund$', 'a refund', false],
    ['(?i)REFUND', 'refund', true],
    [String.raw`^\p{Han}+$`, '你好', true],
    ['^.$', '😀', true],
    ['', 'anything', true],
  ])('%s on %s: %s', (pattern, text, matches) => {
    expect(compilePattern(pattern).matches(text)).toBe(matches);
  });

  it('costs more for a longer text and for a larger pattern', () => {
    const [small, large] = [compilePattern('^a*b$'), compilePattern('^(a|b|c){1,100}d$')];
    expect(small.cost('a'.repeat(10_000))).toBeGreaterThan(small.cost('a'.repeat(1000)));
    expect(large.cost('a'.repeat(1000))).toBeGreaterThan(small.cost('a'.repeat(1000)));
  });
});

describe('patternProblem', () => {
  it.each([
    ['(', 'missing closing ): `(`'],
    ['a{1,2000}', 'invalid repeat count: `{1,2000}`'],
    ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
    [String.raw`(a)\1`, String.raw`invalid escape sequence: ${'`'}\1${'`'}`],
  ])('%s', (pattern, reason) => {
    expect(patternProblem(pattern)).toContain(
      `is not a regular expression of RE2, which knows no look-around and no back-references: ${reason}`,
    );
  });
});
