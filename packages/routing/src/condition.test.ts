import { describe, expect, it } from 'vitest';
import { checkCondition } from './condition.ts';

const MATCH = '; use match for the type of the callback';

describe('checkCondition', () => {
  it.each([
    'data.taskStatus == 3',
    'data.finish',
    'true',
    'source == "a" && data.x > 1',
    'data.s.matches(r"^\\d+$")',
    'data.s.matches("^(a+)+$")',
  ])('finds nothing wrong with %s', (text) => {
    expect(checkCondition(text)).toBeUndefined();
  });

  it.each([
    ['', 'Unexpected token: EOF (character 1)'],
    ['data.taskStatus ==', 'Unexpected token: EOF (character 19)'],
    ['data.taskStatus = 3', 'Unexpected character: = (character 17)'],
    ['foo == 1', 'Unknown variable: foo (character 1); a condition may use data, source, account, requestID and time'],
    ['source == 3', 'no such overload: string == int (character 1)'],
    ['type == "callbot.call"', `no such overload: type == string (character 1)${MATCH}`],
    ['data.a == 1 && type != "callbot.call"', `no such overload: type != string (character 16)${MATCH}`],
    ['"callbot.call" == type', `no such overload: string == type (character 1)${MATCH}`],
    ['type.startsWith("callbot.")', expect.stringContaining(MATCH)],
    ['type in ["callbot.call"]', expect.stringContaining(MATCH)],
    ['type', `gives type, but a condition must be true or false${MATCH}`],
    ['type(data.a) == "string"', 'no such overload: type == string (character 1)'],
    ['nope(data.x)', "found no matching overload for 'nope(dyn)' (character 1)"],
    ['source', 'gives string, but a condition must be true or false'],
    ['1 + 1', 'gives int, but a condition must be true or false'],
    ['data.s.matches(data.pattern)', 'the pattern of matches() must be a text written in the condition'],
    [
      'data.l.exists(s, s.matches("("))',
      'the pattern "(" is not a regular expression of RE2, which knows no look-around and no back-references: missing closing ): `(` (character 28)',
    ],
    [
      'data.a == 1 || data.s.matches("^(?!a)")',
      'the pattern "^(?!a)" is not a regular expression of RE2, which knows no look-around and no back-references: invalid or unsupported Perl syntax: `(?!` (character 31)',
    ],
  ])('%s: %s', (text, problem) => {
    expect(checkCondition(text)).toEqual(problem);
  });
});
