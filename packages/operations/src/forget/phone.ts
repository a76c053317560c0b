/** E.164 has 15 at most. With fewer than 7, other people's numbers would be found. */
const [FEWEST, MOST] = [7, 15];
/** Between two digits. MUST hold no digit: texts of zeros in brackets would have a great many ways to fit. */
const BETWEEN = String.raw`[\s().\/\u2010-\u2015-]{0,4}`;
/** Of a trunk. In what is looked for it may also be a digit of the number. */
const TRUNK_ZERO = '(0)';
/** Escapes may be escaped again, in JSON within JSON or a URL within a URL. */
const ROUNDS = 4;

/**
 * Tells whether a text has this phone number, in whatever notation: with or without `+` or `00`, with white space,
 * brackets, dots, dashes or slashes between digits, as a number, in other scripts' digits, as `\u0031` or `%31`.
 * Undefined: it is no phone number.
 */
export function phoneMatcher(given: string): ((text: string) => boolean) | undefined {
  const text = plain(given).trim();
  if (!/^\+?[\d\s()./\u2010-\u2015-]+$/u.test(text)) return undefined;
  const digits = text.replaceAll(TRUNK_ZERO, '').replaceAll(/\D/g, '').replace(/^00/, '');
  if (digits.length < FEWEST || digits.length > MOST) return undefined;
  const pattern = new RegExp(`(?<!\\d)(?:00${BETWEEN})?${digits.replaceAll(/(?<=\d)(?=\d)/g, BETWEEN)}(?!\\d)`, 'u');
  const isIn = (content: string) => pattern.test(content) || pattern.test(content.replaceAll(TRUNK_ZERO, ' '));
  return (content) => isIn(content) || variantsOf(content).some(isIn);
}

/** The text without escapes, and with what JSON may write as `1.2e10` written out. Empty if it is the same. */
function variantsOf(text: string): string[] {
  const readable = withoutEscapes(plain(text));
  const variants = readable === text ? [] : [readable];
  const powers = [...readable.matchAll(/(?<!\d)\d{1,20}(?:\.\d{1,20})?e\+?\d{1,2}(?!\d)/gi)].map(([power]) =>
    String(Number(power)),
  );
  return powers.length === 0 ? variants : [...variants, powers.join(' ; ')];
}

/** Each run of backslashes is begun once, at its first: else a long one would take its length squared. */
function withoutEscapes(text: string): string {
  let readable = text;
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = readable
      .replaceAll(/(?<!\\)\\+u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
      .replaceAll(/%([0-7][0-9a-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
      .replaceAll(/(?<!\\)\\+\//g, '/');
    if (next === readable) return plain(readable);
    readable = next;
  }
  return plain(readable);
}

const ZEROS = [0x0660, 0x06f0, 0x0966];
const OTHER_DIGITS = /[\u0660-\u0669\u06F0-\u06F9\u0966-\u096F]/g;

/** Digits of other scripts and of full width as 0 to 9. */
function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- ASCII as a whole
  if (/^[\x00-\x7F]*$/.test(text)) return text;
  return text.normalize('NFKC').replaceAll(OTHER_DIGITS, (digit) => {
    const code = digit.charCodeAt(0);
    return String(code - (ZEROS.findLast((zero) => zero <= code) ?? code));
  });
}
