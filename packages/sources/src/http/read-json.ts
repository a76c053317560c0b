import { type Headers, RingbackError } from '@ringback/contracts';

/** Of a callback's body. */
export const MAX_LEVELS = 100;

/** Replaces no byte and keeps a byte order mark: text and bytes stay the same. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `headers` may be a getter: they are read only if the body is no JSON. */
type Request = { readonly headers: Headers };
type Wanted = 'object' | 'object or array';

/** @throws RingbackError RB_BODY_MALFORMED */
export function readJsonObject(bytes: Buffer, request?: Request): { text: string; object: object } {
  const { text, value } = readWanted('object', bytes, request);
  return { text, object: value };
}

/** An array as well. @throws RingbackError RB_BODY_MALFORMED */
export function readJson(bytes: Buffer, request?: Request): { text: string; value: object } {
  return readWanted('object or array', bytes, request);
}

function readWanted(wanted: Wanted, bytes: Buffer, request: Request | undefined): { text: string; value: object } {
  const text = decode(bytes);
  const value = text === undefined ? undefined : peekJsonText(text);
  if (text === undefined || value === undefined)
    throw malformed(wanted, bytes.length > 0 && isForm(request) ? FORM : problemOf(text));
  if (!isWanted(value, wanted)) throw malformed(wanted, `is JSON, but not an ${wanted}`);
  if (isDeeperThan(MAX_LEVELS, value)) throw malformed(wanted, `is nested deeper than ${MAX_LEVELS} levels`);
  return { text, value };
}

function isWanted(value: unknown, wanted: Wanted): value is object {
  return typeof value === 'object' && value !== null && (wanted === 'object or array' || !Array.isArray(value));
}

/** The JSON of a body that is not checked yet; undefined if it is none. */
export function peekJson(bytes: Buffer): unknown {
  return peekJsonText(bytes.toString('utf8'));
}

function decode(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Undefined: it is no JSON. */
export function peekJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const FORM = 'is a form (application/x-www-form-urlencoded); set the sender to JSON';

function isForm(request: Request | undefined): boolean {
  return /^application\/x-www-form-urlencoded\b/i.test(request?.headers['content-type']?.[0] ?? '');
}

/** The parser's error quotes the body, so only its position goes on. */
function problemOf(text: string | undefined): string {
  if (text === undefined) return 'is not UTF-8';
  if (text === '') return 'is empty';
  if (text.startsWith('\uFEFF')) return 'starts with a byte order mark: send it without';
  try {
    JSON.parse(text);
  } catch (error) {
    const [, position] = /at position (\d+) \(line \d+ column \d+\)$/.exec(String(error)) ?? [];
    if (position !== undefined) return `is not JSON from character ${position} on`;
  }
  return 'is not JSON';
}

function malformed(wanted: Wanted, problem: string): RingbackError {
  return new RingbackError('RB_BODY_MALFORMED', `the body ${problem}. A callback's body is a JSON ${wanted} in UTF-8`);
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}
