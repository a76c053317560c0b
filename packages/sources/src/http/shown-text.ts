const LONGEST = 64;

/** A text that anyone may have sent, for a line of the log: bounded, and with nothing in it that changes how a terminal shows the line. */
export function shownText(text: string): string {
  const plain = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain;
}
