import { createHash } from 'node:crypto';
import { matchingSecret } from '../http/matching-secret.ts';
import type { NxlinkAccount } from './config.ts';

export type SignedParts = {
  readonly accessKey: Buffer;
  readonly action: Buffer;
  readonly bizType: Buffer;
  readonly ts: Buffer;
  readonly body: Buffer;
};

/**
 * NXLink: lower-case hex of MD5("accessKey=…&action=…&bizType=…&ts=…" + ("&body=…" unless empty) + "&accessSecret=…").
 * The secret is last, so length extension is impossible.
 */
export function computeSign(secret: string, { accessKey, action, bizType, ts, body }: SignedParts, algorithm = 'md5'): string {
  const hash = createHash(algorithm)
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

export function verifySign({ accessSecrets = [] }: NxlinkAccount, sign: Buffer, parts: SignedParts): boolean {
  return matchingSecret({ secrets: accessSecrets, sign, compute: (secret) => computeSign(secret, parts) }) !== undefined;
}
