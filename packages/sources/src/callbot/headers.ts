import type { Headers } from '@ringback/contracts';
import { refuseEmpty, requireHeaders, singleHeader } from '../http/headers.ts';
import { checkId } from '../http/id.ts';

export const REQUIRED = ['requestID', 'uuid', 'createTs', 'sign'] as const;

export type CallbotHeaders = Readonly<Record<(typeof REQUIRED)[number], Buffer>>;

/**
 * `createTs` may be empty: only the signature tells whether it is right.
 * @throws RingbackError RB_HEADER_MISSING, RB_SIGN_MISSING or RB_HEADER_INVALID
 */
export function readHeaders(headers: Headers): CallbotHeaders {
  requireHeaders(headers, { names: REQUIRED, sign: 'sign', what: `a callback carries ${REQUIRED.join(', ')}` });
  const only = (name: (typeof REQUIRED)[number]) => singleHeader(headers, name) ?? Buffer.alloc(0);
  return {
    requestID: checkId('requestID', refuseEmpty('requestID', only('requestID'))),
    uuid: refuseEmpty('uuid', only('uuid')),
    createTs: only('createTs'),
    sign: refuseEmpty('sign', only('sign')),
  };
}
