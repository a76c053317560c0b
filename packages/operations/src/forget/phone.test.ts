import { describe, expect, it } from 'vitest';
import { phoneMatcher } from './phone.ts';

const finds = (given: string, text: string) => phoneMatcher(given)?.(text);

describe('a phone number', () => {
  it.each(['+1 (202) 555-0100', '12025550100', '0012025550100', '1.202.555.0100', '１２０２５５５０１００', '\u0661٢٠٢٥٥٥٠١٠٠'])(
    'is found however it is given: %s',
    (given) => expect(finds(given, '{"userPhone":"12025550100"}')).toBe(true),
  );

  it.each([
    ['text', '{"phone":"12025550100"}'],
    ['with a plus', '{"phone":"+12025550100"}'],
    ['with the code of an exchange', '{"phone":"0012025550100"}'],
    ['as people write it', '{"phone":"+1 (202) 555-0100"}'],
    ['with other spaces and dashes', '{"phone":"+1\u00A0202\u2009555\u20110100"}'],
    ['with dots and slashes', '1.202/555.0100'],
    ['with slashes as JSON may write them', String.raw`"1\/202\/5550100"`],
    ['a number', '{"phone":12025550100}'],
    ['a number with a power', '{"phone":1.20255501e10}'],
    ['nested, in JSON in JSON', JSON.stringify({ a: JSON.stringify({ b: [JSON.stringify({ phone: '1-202-555-0100' })] }) })],
    ['escaped', String.raw`{"phone":"\u0031\u0032\u0030\u00325550100"}`],
    ['escaped twice', String.raw`{"a":"{\"phone\":\"\\u002b1202\\u00355\\u00350100\"}"}`],
    ['in a URL', '{"recording":"https://a.b/?tel=%2B1%20202%20555%200100"}'],
    ['in a URL in a URL', '{"recording":"https://a.b/?u=https%3A%2F%2Fc%2F%253F%25312025550100"}'],
    ['within words', '{"text":"call 12025550100, please"}'],
    ['in digits of full width', '{"phone":"１２０２５５５０１００"}'],
    ['in Persian digits', '{"phone":"۱۲۰۲۵۵۵۰۱۰۰"}'],
  ])('is found in a body: %s', (_what, body) => expect(finds('+1 (202) 555-0100', body)).toBe(true));

  it.each([
    ['a longer number', '{"id":"120255501001"}'],
    ['a longer number, before it', '{"id":"912025550100"}'],
    ['two numbers beside each other', '["1202555","0100"]'],
    ['a national notation', '{"phone":"(202) 555-0100"}'],
    ['another number', '{"phone":"12025550101"}'],
    ['nothing', ''],
  ])('is not found in %s', (_what, body) => expect(finds('+1 (202) 555-0100', body)).toBe(false));

  it('is found in the notation with a trunk zero', () => {
    expect(finds('+442079460000', '+44 (0)20 7946 0000')).toBe(true);
    expect(finds('+44 (0)20 7946 0000', '442079460000')).toBe(true);
  });

  it.each(['', '12', '123456', '1234567890123456', 'Ada', '12025550100; DROP', '+1202555x0100'])('is none: %j', (given) =>
    expect(phoneMatcher(given)).toBeUndefined(),
  );

  it('does not take long for a large body', () => {
    const digits = '1202555010'.repeat(100_000);
    expect(finds('+1 (202) 555-0100', `${'1 2 0 2 5 5 5 0 1 0 '.repeat(50_000)}${digits}%u1${'e1'.repeat(1000)}`)).toBe(false);
  });

  it.each([
    ['backslashes', '\\'],
    ['backslashes before letters', '\\\\u'],
    ['escaped digits', String.raw`\u0031`],
    ['percent signs', '%'],
    ['escaped percent signs', '%25'],
    ['spaces', ' '],
    ['a digit and separators', '1 (( '],
    ['digits', '1'],
    ['zeros in brackets', '(0)'],
    ['zeros in brackets after the number began', `1${'(0)'.repeat(60)}`],
    ['powers', '1.1e1'],
  ])('is looked for once through 1 MiB of %s', (_what, piece) => {
    const body = piece.repeat(Math.ceil(2 ** 20 / piece.length));
    expect([finds('+1 (202) 555-0100', body), finds('100000000000009', body)]).toEqual([false, false]);
    expect(finds('+1 (202) 555-0100', `${body} "+1 (202) 555-0100" ${body}`)).toBe(true);
  });
});
