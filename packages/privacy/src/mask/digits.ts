/** Not those of `%20`. */
export const DIGIT = /(?<!%[\dA-Fa-f]?)\p{Nd}/gu;
const IS_DIGIT = /^\p{Nd}$/u;
const known = new Map<string, string>();

/** The digits of a text, those of other scripts and wide ones as ASCII. */
export function digitsOf(text: string): string {
  return (text.match(DIGIT) ?? []).map((digit) => (digit >= '0' && digit <= '9' ? digit : asciiOf(digit))).join('');
}

/** Unicode has the digits 0 to 9 of a script one after the other; where scripts adjoin, so do their tens. */
function asciiOf(digit: string): string {
  const found = known.get(digit);
  if (found !== undefined) return found;
  const codePoint = digit.codePointAt(0) ?? 0;
  let before = 0;
  while (IS_DIGIT.test(String.fromCodePoint(codePoint - before - 1))) before += 1;
  known.set(digit, String(before % 10));
  return String(before % 10);
}
