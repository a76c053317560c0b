import { createHash, timingSafeEqual } from 'node:crypto';
import type { CallbotAccount } from './config.ts';
import { isLengthExtension } from './length-extension.ts';

const BODY = '&body=';

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
    .update(BODY)
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

/**
 * Whether `sign` was made with one of the account's secrets, for just these parts. Upper-case hex only, as documented.
 * Takes as long for a wrong sign as for a right one.
 */
export function verifySign(account: CallbotAccount, sign: Buffer, parts: SignedParts): boolean {
  let secret: string | undefined;
  for (const candidate of account.secrets) {
    const expected = Buffer.from(computeSign(candidate.reveal(), account.algorithm, parts));
    if (sign.length === expected.length && timingSafeEqual(sign, expected)) secret = candidate.reveal();
  }
  return secret !== undefined && !isCutElsewhere(parts) && !isExtended(secret, account.algorithm, parts);
}

/** The signed message does not say where its parts end. The body ends at the last tail, and createTs at the first requestID after it: what holds another tail was cut too early or too late. */
function isCutElsewhere({ createTs, requestID }: SignedParts): boolean {
  return (
    /&(?:createTs|requestID)=/.test(createTs.toString('latin1')) || /&createTs=.*&requestID=/s.test(requestID.toString('latin1'))
  );
}

function isExtended(secret: string, algorithm: CallbotAccount['algorithm'], { body }: SignedParts): boolean {
  return isLengthExtension({ body, bytesBefore: Buffer.byteLength(secret) + BODY.length, algorithm: algorithm ?? 'md5' });
}

/** Of a sign. */
export const HEX_DIGITS = { md5: 32, sha256: 64 } as const;
