type SourceOfValue = { readonly source?: string };

/**
 * Objects become Maps: `__proto__` is harmless. Whole numbers up to 64 bits become BigInt. @throws
 * SyntaxError (not JSON), RangeError (nested too deeply)
 */
export function readBody(body: string): unknown {
  // TypeScript's library does not know the third argument yet.
  return JSON.parse(body, (_key: string, value: unknown, context?: SourceOfValue) => {
    if (typeof value === 'number') return readNumber(value, context?.source);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : value;
  });
}

function readNumber(value: number, source: string | undefined): number | bigint {
  // 19 digits are enough for 64 bits. Longer numbers would cost too much as BigInt.
  if (source === undefined || !/^-?\d{1,19}$/.test(source)) return value;
  const whole = BigInt(source);
  return BigInt.asIntN(64, whole) === whole ? whole : value;
}
