import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBody } from './body-data.ts';

const read = (number: string) => readBody(number);

describe('readBody', () => {
  it.each([
    ['3', 3n],
    ['-0', 0n],
    ['9007199254740993', 9007199254740993n],
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['9223372036854775808', 2 ** 63],
    ['12345678901234567890', Number('12345678901234567890')],
    ['1.10', 1.1],
    ['1.0', 1],
    ['1e3', 1000],
    ['1e400', Infinity],
  ])('reads the number %s as %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it('makes Maps of all objects, also within lists', () => {
    const data = readBody('{"__proto__": {"admin": true}, "constructor": 1, "list": [{"a": null}, "\\u0026"]}');
    expect(data).toEqual(
      new Map<string, unknown>([
        ['__proto__', new Map([['admin', true]])],
        ['constructor', 1n],
        ['list', [new Map([['a', null]]), '&']],
      ]),
    );
    expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false);
  });

  it('keeps every digit of any whole number of 64 bits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (whole) => {
        expect(read(String(whole))).toBe(whole);
      }),
    );
  });
});
