import { type Headers, RingbackError } from '@ringback/contracts';
import { refuseEmpty, requiredHeader, singleHeader } from '../http/headers.ts';

export type SignedHeaders = { readonly action: Buffer; readonly bizType: Buffer; readonly ts: Buffer; readonly sign: Buffer };

const SIGNED = ['action', 'bizType', 'ts', 'sign'] as const;

/** Which account a callback is of, as bytes. @throws RingbackError RB_HEADER_MISSING or RB_HEADER_INVALID */
export function readAccessKey(headers: Headers): Buffer {
  return requiredHeader(headers, 'accessKey');
}

/**
 * What a signed callback carries besides. The signed text does not say where its parts end, so that none of them may hold an `&`.
 * @throws RingbackError RB_HEADER_MISSING, RB_SIGN_MISSING or RB_HEADER_INVALID
 */
export function readSigned(headers: Headers): SignedHeaders {
  const missing = SIGNED.filter((name) => headers[name.toLowerCase()] === undefined);
  if (missing.length > 0) {
    const onlySign = missing.length === 1 && missing[0] === 'sign';
    const code = onlySign ? 'RB_SIGN_MISSING' : 'RB_HEADER_MISSING';
    throw new RingbackError(
      code,
      `missing header ${missing.join(', ')}: a signed callback carries accessKey, ${SIGNED.join(', ')}`,
    );
  }
  const only = (name: (typeof SIGNED)[number]) => refuseEmpty(name, singleHeader(headers, name) ?? Buffer.alloc(0));
  const [action, bizType, ts, sign] = [only('action'), only('bizType'), only('ts'), only('sign')];
  for (const [name, value] of [
    ['action', action],
    ['bizType', bizType],
  ] as const) {
    if (value.includes('&')) throw new RingbackError('RB_HEADER_INVALID', `header ${name} holds an &`);
  }
  return { action, bizType, ts, sign };
}
