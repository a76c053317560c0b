import { type Headers, RingbackError } from '@ringback/contracts';
import { singleHeader } from '../http/headers.ts';

/** Where a value of a request stands. */
export type From = {
  readonly header?: string | undefined;
  readonly field?: string | undefined;
  readonly json?: string | undefined;
};

/**
 * The values of a header, or of one part of it: `t=1,v1=a,v1=b` has two of `v1`. None: it is not there.
 * @throws RingbackError RB_HEADER_INVALID: sent more than once
 */
export function headerValues(headers: Headers, { header = '', field }: From): string[] {
  const bytes = singleHeader(headers, header);
  if (bytes === undefined) return [];
  const text = bytes.toString('latin1');
  if (field === undefined) return [text.trim()];
  return text.split(',').flatMap((part) => {
    const at = part.indexOf('=');
    return at >= 0 && part.slice(0, at).trim() === field ? [part.slice(at + 1).trim()] : [];
  });
}

/** The one value of a header. @throws RingbackError RB_HEADER_INVALID: there are several, or it is empty */
export function headerValue(headers: Headers, from: From): string | undefined {
  const [value, ...more] = headerValues(headers, from);
  const name = from.field === undefined ? `header ${from.header}` : `${from.field} in header ${from.header}`;
  if (more.length > 0) throw new RingbackError('RB_HEADER_INVALID', `${name} stands there more than once`);
  if (value === '') throw new RingbackError('RB_HEADER_INVALID', `${name} is empty: give it its value`);
  return value;
}

/** What stands at the end of `data.object.id`; undefined: nothing. */
export function jsonAt(body: unknown, path: string): unknown {
  let value = body;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** The text, or the whole number, at the end of it; undefined: there is none. */
export function jsonValue(body: unknown, path: string): string | undefined {
  const value = jsonAt(body, path);
  if (typeof value === 'string') return value === '' ? undefined : value;
  // Beyond that a number has lost digits: two would seem to be one.
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined;
}
