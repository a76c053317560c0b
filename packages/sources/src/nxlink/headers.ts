import { type Headers, RingbackError } from '@ringback/contracts';
import { refuseEmpty, requiredHeader, requireHeaders, singleHeader } from '../http/headers.ts';

export type SignedHeaders = { readonly action: Buffer; readonly bizType: Buffer; readonly ts: Buffer; readonly sign: Buffer };

export const SIGNED = ['action', 'bizType', 'ts', 'sign'] as const;

export function readAccessKey(headers: Headers): Buffer {
  return requiredHeader(headers, 'accessKey');
}

/**
 * The signed text does not show where a part ends, so no part may hold an `&`.
 * @throws RingbackError RB_HEADER_MISSING, RB_SIGN_MISSING or RB_HEADER_INVALID
 */
export function readSigned(headers: Headers): SignedHeaders {
  requireHeaders(headers, {
    names: SIGNED,
    sign: 'sign',
    what: `a signed callback carries accessKey, ${SIGNED.join(', ')}`,
  });
  const only = (name: (typeof SIGNED)[number]) => refuseEmpty(name, singleHeader(headers, name) ?? Buffer.alloc(0));
  const [action, bizType, ts, sign] = [only('action'), only('bizType'), only('ts'), only('sign')];
  for (const [name, value] of Object.entries({ action, bizType })) {
    if (value.includes('&')) throw new RingbackError('RB_HEADER_INVALID', `header ${name} holds an &`);
  }
  return { action, bizType, ts, sign };
}
