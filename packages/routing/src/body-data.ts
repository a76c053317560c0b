type SourceOfValue = { readonly source?: string };

/**
 * A callback's body as the values that CEL conditions work on: objects are Maps, so that no key of the body (`__proto__`,
 * `constructor`) means anything to JavaScript; whole numbers are int (BigInt) and keep every digit; numbers written with a fraction or
 * an exponent, or beyond 64 bits, are double.
 * @throws SyntaxError when the text is not JSON, RangeError when it is nested too deeply.
 */
export function readBody(body: string): unknown {
  // The third argument is optional only because TypeScript's library does not know it yet.
  return JSON.parse(body, (_key: string, value: unknown, context?: SourceOfValue) => {
    if (typeof value === 'number') return readNumber(value, context?.source);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : value;
  });
}

function readNumber(value: number, source: string | undefined): number | bigint {
  // 19 digits are enough for 64 bits, and keep a text of a million digits from becoming a BigInt.
  if (source === undefined || !/^-?\d{1,19}$/.test(source)) return value;
  const whole = BigInt(source);
  return BigInt.asIntN(64, whole) === whole ? whole : value;
}
