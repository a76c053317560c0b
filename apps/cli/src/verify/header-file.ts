import { type Capture, isRecord, splitTarget, toHeaders, unreadable } from './capture.ts';

const REQUEST_LINE = /^([A-Z]+) (\S+)(?: HTTP\/[\d.]+)?$/;
const HEADER = /^(:?[!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:(.*)$/;
const BOM = '\u00EF\u00BB\u00BF';

/** Lines `Name: value`, perhaps after a request line, or a JSON object. @throws RingbackError RB_CAPTURE_INVALID */
export function readHeaderFile(bytes: Buffer): Omit<Capture, 'body'> {
  // latin1 keeps every byte, as Node does for headers.
  const text = bytes.toString('latin1').replace(BOM, '');
  if (/^\s*[{[]/.test(text)) return { method: 'POST', path: '', query: '', headers: toHeaders(pairsOfJson(bytes.toString())) };
  return readHeaderLines(text.split(/\r\n|\n|\r/));
}

/** Ends at the first empty line after a header. @throws RingbackError RB_CAPTURE_INVALID */
export function readHeaderLines(lines: readonly string[]): Omit<Capture, 'body'> {
  const pairs: [string, string][] = [];
  let line: Pick<Capture, 'method' | 'path' | 'query'> = { method: 'POST', path: '', query: '' };
  for (const [index, text] of lines.entries()) {
    if (text.trim() === '') {
      if (pairs.length > 0) break;
      continue;
    }
    const [, method, target = ''] = REQUEST_LINE.exec(text.trim()) ?? [];
    const [, name, value = ''] = HEADER.exec(text) ?? [];
    const last = pairs.at(-1);
    if (method !== undefined && pairs.length === 0) line = { method, ...splitTarget(target) };
    else if (name !== undefined) pairs.push([name, value]);
    else if (/^[ \t]/.test(text) && last) last[1] += ` ${text.trim()}`;
    else throw unreadable(`line ${index + 1} of the headers is no "Name: value"`);
  }
  return withPseudoHeaders(line, pairs);
}

/** HTTP/2 has the request line as `:method` and `:path`. */
function withPseudoHeaders(line: Pick<Capture, 'method' | 'path' | 'query'>, pairs: [string, string][]): Omit<Capture, 'body'> {
  const pseudo = new Map(pairs.filter(([name]) => name.startsWith(':')).map(([name, value]) => [name, value.trim()]));
  const target = pseudo.get(':path');
  const host = pseudo.get(':authority');
  const headers = pairs.filter(([name]) => !name.startsWith(':'));
  if (host !== undefined && !headers.some(([name]) => name.toLowerCase() === 'host')) headers.push(['host', host]);
  return {
    method: pseudo.get(':method') ?? line.method,
    ...(target === undefined ? { path: line.path, query: line.query } : splitTarget(target)),
    headers: toHeaders(headers),
  };
}

function pairsOfJson(text: string): [string, string][] {
  let value: unknown;
  try {
    value = JSON.parse(text.replace('\uFEFF', ''));
  } catch {
    throw unreadable('the headers begin as JSON and are not valid JSON');
  }
  if (Array.isArray(value)) return pairsOfList(value);
  if (!isRecord(value)) throw unreadable('the headers are no JSON object');
  return Object.entries(value).flatMap(([name, given]) => {
    const values: unknown[] = Array.isArray(given) ? given : [given];
    return values.map((one): [string, string] => [name, headerText(name, one)]);
  });
}

/** `[{ name, value }]`, as HAR has them. @throws RingbackError RB_CAPTURE_INVALID */
export function pairsOfList(list: readonly unknown[]): [string, string][] {
  return list.map((entry) => {
    if (!isRecord(entry) || typeof entry['name'] !== 'string') throw unreadable('a header in the list has no name');
    return [entry['name'], headerText(entry['name'], entry['value'])];
  });
}

function headerText(name: string, value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') throw unreadable(`header ${name} is no text`);
  return Buffer.from(String(value)).toString('latin1');
}
