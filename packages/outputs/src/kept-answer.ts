import type { HttpRequest } from '@ringback/contracts';

/** UTF-8 bytes. */
const MOST = 1024;
/** Shorter texts match by chance. */
const SHORTEST_SECRET = 6;
const PUBLIC_HEADERS = new Set(['content-type', 'webhook-id', 'webhook-timestamp']);

/** The first KiB of a refusal, without parts of the request's URL and headers: these may be secrets. */
export function keptAnswer(text: string, request: Pick<HttpRequest, 'url' | 'headers'>): string {
  const secrets = secretsOf(request).map((secret) => new RegExp(secret.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`), 'gi'));
  const shown = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
  return new TextDecoder().decode(Buffer.from(shown.slice(0, MOST)).subarray(0, MOST), { stream: true });
}

/** Longest first: one may contain another. Includes parts of headers, such as a Bearer token. */
function secretsOf({ url, headers }: Pick<HttpRequest, 'url' | 'headers'>): string[] {
  const { pathname, searchParams, username, password } = new URL(url);
  const own = Object.entries(headers).flatMap(([name, value]) => (PUBLIC_HEADERS.has(name) ? [] : partsOf(value)));
  const parts = [...pathname.split('/'), ...searchParams.values(), username, password, ...own];
  const plain = parts.flatMap((part) => [part, decoded(part)]);
  const written = plain.flatMap((part) => [
    part,
    encodeURIComponent(part),
    JSON.stringify(part).slice(1, -1),
    part.replaceAll('/', '\\/'),
  ]);
  return [...new Set(written)].filter(({ length }) => length >= SHORTEST_SECRET).toSorted((a, b) => b.length - a.length);
}

function partsOf(header: string): string[] {
  const words = header.split(' ');
  const basic = words.length === 2 && /^basic$/i.test(words[0] ?? '') ? Buffer.from(words[1] ?? '', 'base64').toString() : '';
  return [header, ...words, ...[header, basic].flatMap((text) => [text, ...text.split(/[\s;,:="']+/)])];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
