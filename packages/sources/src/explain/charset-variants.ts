import { isUtf8 } from 'node:buffer';
import type { Reason } from '@ringback/contracts';

/** A body that the sender may have signed in place of the one that came. */
export type BodyVariant = Reason & { readonly body: Buffer };

const BOM = Buffer.from('\uFEFF');
const CHARSETS = ['gb18030', 'big5', 'shift_jis', 'euc-kr', 'windows-1252'] as const;

/** Undefined: only the end of a step. */
export function* charsetVariants(body: Buffer): Generator<BodyVariant | undefined> {
  const hasBom = body.subarray(0, BOM.length).equals(BOM);
  if (hasBom) yield variant('without its byte order mark', body.subarray(BOM.length));
  else yield variant('with a byte order mark before it', Buffer.concat([BOM, body]));
  if (isUtf8(body)) yield* otherThanUtf8(body.toString());
  // Short texts in another charset may look like UTF-8.
  if (body.some((byte) => byte >= 0x80)) yield* asUtf8(body);
}

function variant(how: string, body: Buffer): BodyVariant {
  const text = `the signature fits the body ${how}: sign and send the same bytes, in UTF-8, and convert nothing on the way`;
  return { code: 'other-charset', text, body };
}

function* otherThanUtf8(text: string): Generator<BodyVariant | undefined> {
  yield variant('in UTF-16', Buffer.from(text, 'utf16le'));
  // In ASCII, the rest would be the same bytes.
  if (!/[^\0-\x7f]/.test(text)) return;
  if (!/[^\0-\xff]/.test(text)) {
    const bytes = Buffer.from(text, 'latin1');
    yield variant(isUtf8(bytes) ? 'decoded once more: it is UTF-8 that was encoded twice' : 'in ISO 8859-1', bytes);
  }
  gbkTable ??= yield* readGbkTable();
  const gbk = toGbk(text, gbkTable);
  if (gbk) yield variant('in GBK', gbk);
}

function* asUtf8(body: Buffer): Generator<BodyVariant> {
  for (const charset of CHARSETS) {
    const text = decoded(charset, body);
    if (text !== undefined) yield variant(`in UTF-8; it came in ${charset}`, Buffer.from(text));
  }
}

function decoded(charset: string, body: Buffer): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** Node decodes GBK and does not encode it. Made at first use. */
let gbkTable: ReadonlyMap<string, number> | undefined;

function toGbk(text: string, table: ReadonlyMap<string, number>): Buffer | undefined {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character < '\x80' ? character.charCodeAt(0) : table.get(character);
    if (code === undefined) return undefined;
    if (code > 0xff) bytes.push(code >> 8, code & 0xff);
    else bytes.push(code);
  }
  return Buffer.from(bytes);
}

const [FIRST_LEAD, LAST_LEAD, LEADS_PER_STEP] = [0x81, 0xfe, 16];

/** All pairs of bytes. At once it would take some 20 ms. */
function* readGbkTable(): Generator<undefined, Map<string, number>> {
  const table = new Map<string, number>();
  for (let lead = FIRST_LEAD; lead <= LAST_LEAD; lead += 1) {
    addPairs(table, lead);
    if (lead % LEADS_PER_STEP === 0) yield undefined;
  }
  return table;
}

/** Decodes those of one first byte at once, one to a line. */
function addPairs(table: Map<string, number>, lead: number): void {
  const codes: number[] = [];
  for (let trail = 0x40; trail <= 0xfe; trail += 1) codes.push(lead * 256 + trail);
  const bytes = Buffer.from(codes.flatMap((code) => [code >> 8, code & 0xff, 0x0a]));
  const lines = new TextDecoder('gbk').decode(bytes).split('\n');
  for (const [index, code] of codes.entries()) {
    const character = lines[index] ?? '';
    const isOne = /^[^\uFFFD]$/u.test(character);
    if (isOne && !table.has(character)) table.set(character, code);
  }
}
