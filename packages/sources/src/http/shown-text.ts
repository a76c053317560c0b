const LONGEST = 64;

/** A stranger's text for the log: short, without control characters. */
export function shownText(text: string): string {
  const plain = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain;
}
