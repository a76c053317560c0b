import { type Headers, RingbackError } from '@ringback/contracts';

/** A proxy may have added them. */
const ALWAYS_SECRET = ['authorization', 'proxy-authorization', 'cookie'];

/** `secret`: names in lower case. */
export function withoutSecrets(headers: Headers, secret: readonly string[]): Headers {
  const hidden = new Set([...ALWAYS_SECRET, ...secret]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hidden.has(name)));
}

/** @throws RingbackError RB_HEADER_INVALID: sent more than once */
export function singleHeader(headers: Headers, name: string): Buffer | undefined {
  const values = headers[name.toLowerCase()];
  if (values === undefined) return undefined;
  const [value = '', ...more] = values;
  if (more.length > 0) throw new RingbackError('RB_HEADER_INVALID', `header ${name} is sent more than once: send it once`);
  return Buffer.from(value, 'latin1');
}

/** @throws RingbackError RB_HEADER_MISSING or RB_HEADER_INVALID */
export function requiredHeader(headers: Headers, name: string): Buffer {
  const value = singleHeader(headers, name);
  if (value === undefined) throw new RingbackError('RB_HEADER_MISSING', `missing header ${name}`);
  return refuseEmpty(name, value);
}

/** @throws RingbackError RB_HEADER_INVALID */
export function refuseEmpty(name: string, value: Buffer): Buffer {
  if (value.toString('latin1').trim() !== '') return value;
  throw new RingbackError('RB_HEADER_INVALID', `header ${name} is empty: give it its value`);
}

type Required = { readonly names: readonly string[]; readonly sign: string; readonly what: string };

/** @throws RingbackError RB_SIGN_MISSING (only `sign` is missing) or RB_HEADER_MISSING */
export function requireHeaders(headers: Headers, { names, sign, what }: Required): void {
  const missing = names.filter((name) => headers[name.toLowerCase()] === undefined);
  if (missing.length === 0) return;
  const onlySign = missing.length === 1 && missing[0] === sign;
  throw new RingbackError(onlySign ? 'RB_SIGN_MISSING' : 'RB_HEADER_MISSING', `missing header ${missing.join(', ')}: ${what}`);
}
