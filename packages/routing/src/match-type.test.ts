import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesType } from './match-type.ts';

describe('matchesType', () => {
  it.each([
    ['*', 'callbot.task.completed', true],
    ['*', '', true],
    ['callbot.task.*', 'callbot.task.completed', true],
    ['callbot.*', 'callbot.task.completed', true],
    ['callbot.task.*', 'callbot.task', false],
    ['callbot.call', 'callbot.call', true],
    ['callbot.call', 'callbot.calls', false],
    ['callbot.call', 'Callbot.call', false],
    ['callbot.call', 'callbotxcall', false],
    ['*.completed', 'callbot.task.completed', true],
    ['*.task.*', 'callbot.task.completed', true],
    ['*.task.*', 'callbot.order', false],
    ['call*call', 'call', false],
    ['a*b*b', 'ab', false],
    ['a**b', 'ab', true],
    ['', '', true],
    ['', 'callbot.call', false],
    ['callbot.(task|call)', 'callbot.call', false],
  ])('%j on %j: %s', (pattern, type, expected) => {
    expect(matchesType(pattern, type)).toBe(expected);
  });

  it.each(['*a'.repeat(20_000), `${'*a*'.repeat(10_000)}c`, 'a*b*c*d*e*f*g*'.repeat(2000)])(
    'ends soon with a pattern of many stars, since nothing is tried twice',
    (pattern) => {
      expect(matchesType(pattern, `${'abcdefg'.repeat(3000)}!`)).toBe(pattern.endsWith('*'));
    },
  );

  it('agrees with a regular expression on any pattern and type', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 8 });
    fc.assert(
      fc.property(text, text, (pattern, type) => {
        const expression = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^]*')}$`);
        expect(matchesType(pattern, type)).toBe(expression.test(type));
      }),
    );
  });
});
