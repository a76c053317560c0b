import { RingbackError } from '@ringback/contracts';

const MAX_LEVELS = 100;

/** Replaces no byte and keeps a byte order mark: text and bytes stay the same. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws RingbackError RB_BODY_MALFORMED */
export function readJsonObject(bytes: Buffer): { text: string; object: object } {
  const { text, value } = readJson(bytes);
  if (Array.isArray(value)) throw malformed('is JSON, but not an object');
  return { text, object: value };
}

/** An array as well. @throws RingbackError RB_BODY_MALFORMED */
export function readJson(bytes: Buffer): { text: string; value: object } {
  const text = decode(bytes);
  const value = parse(text);
  if (typeof value !== 'object' || value === null) throw malformed('is JSON, but not an object');
  if (isDeeperThan(MAX_LEVELS, value)) throw malformed(`is nested deeper than ${MAX_LEVELS} levels`);
  return { text, value };
}

/** The JSON of a body that is not checked yet; undefined if it is none. */
export function peekJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed('is not UTF-8');
  }
}

/** The parser's error quotes the body, so only its position goes on. */
function parse(text: string): unknown {
  if (text === '') throw malformed('is empty');
  if (text.startsWith('\uFEFF')) throw malformed('starts with a byte order mark: send it without');
  try {
    return JSON.parse(text);
  } catch (error) {
    const [, position] = /at position (\d+) \(line \d+ column \d+\)$/.exec(String(error)) ?? [];
    throw malformed(position === undefined ? 'is not JSON' : `is not JSON from character ${position} on`);
  }
}

function malformed(problem: string): RingbackError {
  return new RingbackError(
    'RB_BODY_MALFORMED',
    `the body ${problem}; a callback's body is a JSON object in UTF-8, or an array where its source takes one`,
  );
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}
