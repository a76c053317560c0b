import { RingbackError } from '@ringback/contracts';
import { headerText } from './header-text.ts';

const MAX_ID_BYTES = 512;

/** @throws RingbackError RB_HEADER_INVALID: longer than 512 bytes, or with a control character */
export function checkId(header: string, id: Buffer): Buffer {
  if (id.length > MAX_ID_BYTES)
    throw new RingbackError('RB_HEADER_INVALID', `header ${header} is longer than ${MAX_ID_BYTES} bytes`);
  if (/\p{Cc}/u.test(headerText(id))) throw new RingbackError('RB_HEADER_INVALID', `header ${header} holds a control character`);
  return id;
}

/** An id from a body, if it can stand in logs, keys and headers: short, and without invisible characters. */
export function usableId(id: string | undefined): string | undefined {
  return id === undefined || Buffer.byteLength(id) > MAX_ID_BYTES || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(id) ? undefined : id;
}
