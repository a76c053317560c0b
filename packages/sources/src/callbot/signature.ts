import { createHash } from 'node:crypto';
import { matchingSecret } from '../http/matching-secret.ts';
import type { CallbotAccount } from './config.ts';
import { isLengthExtension } from './length-extension.ts';

const BODY = '&body=';

export type SignedParts = {
  readonly body: Buffer;
  readonly createTs: Buffer;
  readonly requestID: Buffer;
  readonly uuid: Buffer;
};

/**
 * Callbot v3: upper-case hex of HASH(secretKey + "&body=…&createTs=…&requestID=…&uuid=…").
 * The algorithm MUST be the account's: a request could choose the weaker one.
 */
export function computeSign(secret: string, algorithm: CallbotAccount['algorithm'], parts: SignedParts): string {
  return createHash(algorithm)
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

export function verifySign({ secrets, algorithm }: CallbotAccount, sign: Buffer, parts: SignedParts): boolean {
  const secret = matchingSecret({ secrets, sign, compute: (candidate) => computeSign(candidate, algorithm, parts) });
  return secret !== undefined && !isCutElsewhere(parts) && !isExtended(secret, algorithm, parts);
}

/** An attacker could move signed text from one part into another. The body MUST end at the last tail. */
function isCutElsewhere({ createTs, requestID }: SignedParts): boolean {
  return (
    /&(?:createTs|requestID)=/.test(createTs.toString('latin1')) || /&createTs=.*&requestID=/s.test(requestID.toString('latin1'))
  );
}

function isExtended(secret: string, algorithm: CallbotAccount['algorithm'], { body }: SignedParts): boolean {
  return isLengthExtension({ body, bytesBefore: Buffer.byteLength(secret) + BODY.length, algorithm });
}
