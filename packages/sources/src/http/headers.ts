import { type Headers, RingbackError } from '@ringback/contracts';
import { headerText } from './header-text.ts';

const MAX_ID_BYTES = 512;

/** What a proxy on the way may have added to let itself in. */
const ALWAYS_SECRET = ['authorization', 'proxy-authorization', 'cookie'];

/** All headers but the named ones (lower case) and those that hold a secret in any protocol. */
export function withoutSecrets(headers: Headers, secret: readonly string[]): Headers {
  const hidden = new Set([...ALWAYS_SECRET, ...secret]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hidden.has(name)));
}

/**
 * The bytes of a header that stands there once, or not at all (undefined). They may be none.
 * @throws RingbackError RB_HEADER_INVALID: sent more than once
 */
export function singleHeader(headers: Headers, name: string): Buffer | undefined {
  const values = headers[name.toLowerCase()];
  if (values === undefined) return undefined;
  const [value = '', ...more] = values;
  if (more.length > 0) throw new RingbackError('RB_HEADER_INVALID', `header ${name} is sent more than once: send it once`);
  return Buffer.from(value, 'latin1');
}

/**
 * The bytes of a header that must stand there once, with something in it.
 * @throws RingbackError RB_HEADER_MISSING, or RB_HEADER_INVALID: sent more than once, or empty
 */
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

/**
 * Refuses an id that cannot be used: it ends up in logs, in keys and in other people's systems.
 * @throws RingbackError RB_HEADER_INVALID: longer than 512 bytes, or with a control character
 */
export function checkId(name: string, id: Buffer): Buffer {
  if (id.length > MAX_ID_BYTES)
    throw new RingbackError('RB_HEADER_INVALID', `header ${name} is longer than ${MAX_ID_BYTES} bytes`);
  if (/\p{Cc}/u.test(headerText(id))) throw new RingbackError('RB_HEADER_INVALID', `header ${name} holds a control character`);
  return id;
}
