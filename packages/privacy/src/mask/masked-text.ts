import { digitsOf } from './digits.ts';

/** What stands in place of a hidden value. */
export const HIDDEN = '***';

export const FEWEST_DIGITS = 7;
const SHOWN_DIGITS = 2;

/** `+49 170 1234567` → `**********67`. A text with fewer digits than a phone number has is hidden as a whole. */
export function maskedPhone(text: string): string {
  const digits = digitsOf(text);
  if (digits.length < FEWEST_DIGITS) return HIDDEN;
  return '*'.repeat(digits.length - SHOWN_DIGITS) + digits.slice(-SHOWN_DIGITS);
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const PHONE = /(?<![A-Za-z\d])\+?\d{7,15}(?![A-Za-z\d])/g;

/** A text with every run of 7 to 15 digits masked that is not part of a word or of a longer number. */
export function withoutPhones(text: string): string {
  return UUID.test(text) ? text : text.replaceAll(PHONE, maskedPhone);
}
