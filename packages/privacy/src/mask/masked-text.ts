/** What stands in place of a hidden value. */
export const HIDDEN = '***';

const FEWEST_DIGITS = 7;
const SHOWN_DIGITS = 2;

/** `+49 170 1234567` → `**********67`. A text with fewer digits than a phone number has is hidden as a whole. */
export function maskedPhone(text: string): string {
  const digits = text.match(/\p{Nd}/gu) ?? [];
  if (digits.length < FEWEST_DIGITS) return HIDDEN;
  return '*'.repeat(digits.length - SHOWN_DIGITS) + digits.slice(-SHOWN_DIGITS).join('');
}

/** How a phone number of a field may stand in another one. */
export function formsOfPhone(text: string): string[] {
  const digits = text.replaceAll(/\D/g, '');
  return digits.length < FEWEST_DIGITS ? [] : [...new Set([text, digits])];
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const PHONE = /(?<![A-Za-z\d])\+?\d{7,15}(?![A-Za-z\d])/g;

/** A text with every run of 7 to 15 digits masked. */
export function withoutPhones(text: string): string {
  return UUID.test(text) ? text : text.replaceAll(PHONE, maskedPhone);
}
