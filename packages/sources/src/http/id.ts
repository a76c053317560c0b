import { RingbackError } from '@ringback/contracts';
import { headerText } from './header-text.ts';

const MAX_ID_BYTES = 512;

/** @throws RingbackError RB_HEADER_INVALID */
export function checkId(header: string, id: Buffer): Buffer {
  if (id.length > MAX_ID_BYTES)
    throw new RingbackError('RB_HEADER_INVALID', `header ${header} is longer than ${MAX_ID_BYTES} bytes`);
  if (/\p{Cc}/u.test(headerText(id))) throw new RingbackError('RB_HEADER_INVALID', `header ${header} holds a control character`);
  return id;
}

/** Ids go into logs, keys and headers: no long ones, no invisible characters. */
export function usableId(id: string | undefined): string | undefined {
  return id === undefined || Buffer.byteLength(id) > MAX_ID_BYTES || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(id) ? undefined : id;
}
