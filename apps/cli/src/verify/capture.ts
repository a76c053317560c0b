import { type Headers, RingbackError } from '@ringback/contracts';
import { printable } from '../terminal/table.ts';

/** A request as it was captured. */
export type Capture = {
  readonly method: string;
  /** Without the query. Empty if the capture does not tell. */
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  /** Undefined if the capture has none. */
  readonly body?: Buffer | undefined;
  /** When it was sent, ms since the epoch. */
  readonly at?: number | undefined;
};

/** MUST NOT quote what the capture holds, but for paths and names of headers: it may be secret. */
export function unreadable(problem: string): RingbackError {
  return new RingbackError('RB_CAPTURE_INVALID', printable(problem));
}

/** Values as latin1 text, in order. Names in any case. */
export function toHeaders(pairs: Iterable<readonly [string, string]>): Headers {
  const headers = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const known = headers.get(name.toLowerCase());
    if (known) known.push(value.trim());
    else headers.set(name.toLowerCase(), [value.trim()]);
  }
  return Object.fromEntries(headers);
}

/** Of a URL, or of the path and query of a request line. */
export function splitTarget(target: string): Pick<Capture, 'path' | 'query'> {
  const [local = ''] = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').split('#', 1);
  const at = local.indexOf('?');
  const path = at < 0 ? local : local.slice(0, at);
  return { path: path === '' ? '/' : path, query: at < 0 ? '' : local.slice(at + 1) };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
