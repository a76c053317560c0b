import { createHash, timingSafeEqual } from 'node:crypto';
import type { NxlinkAccount } from './config.ts';

/** What a sign covers, as the bytes that went over the wire. */
export type SignedParts = {
  readonly accessKey: Buffer;
  readonly action: Buffer;
  readonly bizType: Buffer;
  readonly ts: Buffer;
  readonly body: Buffer;
};

/**
 * NXLink: lowercase(HEX(MD5("accessKey=" + .. + "&action=" + .. + "&bizType=" + .. + "&ts=" + .. + ("&body=" + body, unless empty) + "&accessSecret=" + ..))).
 * The secret stands last, so that nothing can be appended without it.
 */
export function computeSign(secret: string, { accessKey, action, bizType, ts, body }: SignedParts): string {
  const hash = createHash('md5')
    .update('accessKey=')
    .update(accessKey)
    .update('&action=')
    .update(action)
    .update('&bizType=')
    .update(bizType)
    .update('&ts=')
    .update(ts);
  if (body.length > 0) hash.update('&body=').update(body);
  return hash.update('&accessSecret=').update(secret).digest('hex');
}

/** Whether `sign` was made with one of the account's secrets, for just these parts. Takes as long for a wrong sign as for a right one. */
export function verifySign({ accessSecrets = [] }: NxlinkAccount, sign: Buffer, parts: SignedParts): boolean {
  let fits = false;
  for (const secret of accessSecrets) {
    const expected = Buffer.from(computeSign(secret.reveal(), parts));
    if (sign.length === expected.length && timingSafeEqual(sign, expected)) fits = true;
  }
  return fits;
}
