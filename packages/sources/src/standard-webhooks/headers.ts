import { type Headers, RingbackError } from '@ringback/contracts';
import { refuseEmpty, requiredHeader, singleHeader } from '../http/headers.ts';
import { checkId } from '../http/id.ts';

export const REQUIRED = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;

/** @throws RingbackError RB_HEADER_MISSING, RB_SIGN_MISSING or RB_HEADER_INVALID */
export function readHeaders(headers: Headers) {
  const id = checkId('webhook-id', requiredHeader(headers, 'webhook-id'));
  const timestamp = requiredHeader(headers, 'webhook-timestamp');
  const signature = singleHeader(headers, 'webhook-signature');
  if (signature === undefined) throw new RingbackError('RB_SIGN_MISSING', 'missing header webhook-signature');
  return { id, timestamp, signature: refuseEmpty('webhook-signature', signature) };
}
