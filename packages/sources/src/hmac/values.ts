import { type Headers, RingbackError } from '@ringback/contracts';
import { singleHeader } from '../http/headers.ts';

export type From = {
  readonly header?: string | undefined;
  readonly field?: string | undefined;
  readonly json?: string | undefined;
};

/** Of a header or a field of it: `t=1,v1=a,v1=b` has two of `v1`. @throws RingbackError RB_HEADER_INVALID */
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

/** @throws RingbackError RB_HEADER_INVALID: several, or empty */
export function headerValue(headers: Headers, from: From): string | undefined {
  const [value, ...more] = headerValues(headers, from);
  const name = from.field === undefined ? `header ${from.header}` : `${from.field} in header ${from.header}`;
  if (more.length > 0) throw new RingbackError('RB_HEADER_INVALID', `${name} stands there more than once`);
  if (value === '') throw new RingbackError('RB_HEADER_INVALID', `${name} is empty: give it its value`);
  return value;
}
