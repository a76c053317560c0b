import { isUtf8 } from 'node:buffer';

const ESCAPED = '\uFFFD';

/** Different bytes MUST give different texts, since ids are told by them. Non-UTF-8 is percent-escaped after U+FFFD. */
export function headerText(bytes: Buffer): string {
  if (isUtf8(bytes)) {
    const text = bytes.toString('utf8');
    if (!text.startsWith(ESCAPED)) return text;
  }
  return ESCAPED + bytes.toString('latin1').replaceAll(/[%\x80-\xff]/g, percentEscape);
}

function percentEscape(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
