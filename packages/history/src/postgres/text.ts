/** Not in ordinary text: begins an escape, a UTF-16 code unit in four hexadecimal digits. */
const ESCAPE = '\u001A';
/** With the flag `u` the class holds surrogates without their other half only. */
const REFUSED = new RegExp(`[\\0${ESCAPE}]|\\p{Cs}`, 'gu');
const ESCAPED = new RegExp(`${ESCAPE}([0-9a-f]{4})`, 'g');

/** PostgreSQL's text has no NUL, and UTF-8 no lone surrogates: these are escaped, and all other text stays as it is. */
export function fromText(text: string): string;
export function fromText(text: string | undefined): string | null;
export function fromText(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (text.isWellFormed() && !text.includes('\0') && !text.includes(ESCAPE)) return text;
  return text.replaceAll(REFUSED, (unit) => ESCAPE + unit.charCodeAt(0).toString(16).padStart(4, '0'));
}

export function toText(value: unknown): string {
  const text = value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.length).toString() : String(value);
  return text.includes(ESCAPE)
    ? text.replaceAll(ESCAPED, (_, unit: string) => String.fromCharCode(Number.parseInt(unit, 16)))
    : text;
}

/** For `bytea`: long texts that no index or comparison needs. */
export const toBytes = (text: string): Buffer => Buffer.from(fromText(text));

export const optionalText = (value: unknown): string | undefined =>
  value === null || value === undefined ? undefined : toText(value);

export const optionalNumber = (value: unknown): number | undefined =>
  value === null || value === undefined ? undefined : Number(value);
