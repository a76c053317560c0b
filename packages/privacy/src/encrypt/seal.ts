import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { RingbackError, SEALED_MARK } from '@ringback/contracts';
import type { BodyKey } from './keys.ts';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** `rb1.<key id>.<base64url of iv, ciphertext and tag>`. No JSON begins so. */
const SEALED = /^rb1\.([\w-]{8})\.([\w-]{38,})$/;

/** The same of how a text begins, up to the point after the id. */
const SEALED_HEAD = /^rb1\.([\w-]{8})\.$/;

export const keyOfHead = (head: string): string | undefined => SEALED_HEAD.exec(head)?.[1];

/** The id of the key that sealed it. Undefined: the text is as it came. */
export function sealedWith(text: string): string | undefined {
  return text.startsWith(SEALED_MARK) ? SEALED.exec(text)?.[1] : undefined;
}

/**
 * `aad` binds the text to its callback. The IV is an HMAC of both: the same text encrypts to the same result,
 * so a duplicate stays a duplicate. Collisions are as rare as with random IVs.
 */
export function seal(text: string, aad: string, { id, key, ivKey }: BodyKey): string {
  const iv = createHmac('sha256', ivKey).update(`${aad}\n`).update(text).digest().subarray(0, IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(aad));
  const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${SEALED_MARK}${id}.${sealed.toString('base64url')}`;
}

/** @throws RingbackError RB_BODY_TAMPERED */
export function unseal(sealed: string, aad: string, { id, key }: BodyKey): string {
  const bytes = Buffer.from(sealed.slice(`${SEALED_MARK}${id}.`.length), 'base64url');
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(aad)).setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const start = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES));
    return Buffer.concat([start, decipher.final()]).toString();
  } catch (cause) {
    const message = `a body that key ${id} sealed was changed, or belongs to another callback`;
    throw new RingbackError('RB_BODY_TAMPERED', message, { cause });
  }
}
