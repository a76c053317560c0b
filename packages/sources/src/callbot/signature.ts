import { createHash, timingSafeEqual } from 'node:crypto';
import type { CallbotAccount } from './config.ts';

/** What a sign covers, as the bytes that went over the wire. */
export type SignedParts = {
  readonly body: Buffer;
  readonly createTs: Buffer;
  readonly requestID: Buffer;
  readonly uuid: Buffer;
};

/**
 * Callbot v3: UPPERCASE(HEX(HASH(secretKey + "&body=" + body + "&createTs=" + createTs + "&requestID=" + requestID + "&uuid=" + uuid))), over bytes.
 * The algorithm MUST be the account's: taken from the request, or from the length of a sign, it would let anyone choose the weaker one.
 */
export function computeSign(secret: string, algorithm: CallbotAccount['algorithm'], parts: SignedParts): string {
  return createHash(algorithm ?? 'md5')
    .update(secret)
    .update('&body=')
    .update(parts.body)
    .update('&createTs=')
    .update(parts.createTs)
    .update('&requestID=')
    .update(parts.requestID)
    .update('&uuid=')
    .update(parts.uuid)
    .digest('hex')
    .toUpperCase();
}

/** Whether `sign` was made with one of the account's secrets. Upper-case hex only, as documented. Takes as long for a wrong sign as for a right one. */
export function verifySign(account: CallbotAccount, sign: Buffer, parts: SignedParts): boolean {
  let matches = false;
  for (const secret of account.secrets) {
    const expected = Buffer.from(computeSign(secret.reveal(), account.algorithm, parts));
    const fits = sign.length === expected.length && timingSafeEqual(sign, expected);
    matches ||= fits;
  }
  return matches;
}
