import { type Headers, RingbackError } from '@ringback/contracts';
import { checkId, refuseEmpty, singleHeader } from '../http/headers.ts';

const REQUIRED = ['requestID', 'uuid', 'createTs', 'sign'] as const;

/** The four headers of a callback, as the bytes that were sent. */
export type CallbotHeaders = Readonly<Record<(typeof REQUIRED)[number], Buffer>>;

/**
 * Reads the headers that every callback carries. `createTs` may be empty: the signature tells whether it is right.
 * @throws RingbackError RB_HEADER_MISSING, RB_SIGN_MISSING, or RB_HEADER_INVALID (sent twice, empty, or an impossible requestID)
 */
export function readHeaders(headers: Headers): CallbotHeaders {
  requireAll(headers);
  const only = (name: (typeof REQUIRED)[number]) => singleHeader(headers, name) ?? Buffer.alloc(0);
  return {
    requestID: checkId('requestID', refuseEmpty('requestID', only('requestID'))),
    uuid: refuseEmpty('uuid', only('uuid')),
    createTs: only('createTs'),
    sign: refuseEmpty('sign', only('sign')),
  };
}

function requireAll(headers: Headers): void {
  const missing = REQUIRED.filter((name) => headers[name.toLowerCase()] === undefined);
  if (missing.length === 0) return;
  const onlySign = missing.length === 1 && missing[0] === 'sign';
  throw new RingbackError(
    onlySign ? 'RB_SIGN_MISSING' : 'RB_HEADER_MISSING',
    `missing header ${missing.join(', ')}: a callback carries ${REQUIRED.join(', ')}`,
  );
}
