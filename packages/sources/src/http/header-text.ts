import { isUtf8 } from 'node:buffer';

/** Begins a text that stands for bytes that are not UTF-8. */
const ESCAPED = '\uFFFD';

/**
 * A header's bytes as text: different bytes MUST give different texts, since a text is what a callback is known by. UTF-8 stays as it is.
 * Other bytes are percent-escaped behind U+FFFD, and so is UTF-8 that begins with U+FFFD, so that no two can be equal.
 */
export function headerText(bytes: Buffer): string {
  if (isUtf8(bytes)) {
    const text = bytes.toString('utf8');
    if (!text.startsWith(ESCAPED)) return text;
  }
  return ESCAPED + bytes.toString('latin1').replaceAll(/[%\x80-\xff]/g, percentEscape);
}

/** One latin1 character → `%` and its two hex digits. */
function percentEscape(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
