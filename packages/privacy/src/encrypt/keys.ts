import { createHash, createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { RingbackError, type Secret } from '@ringback/contracts';

const KEY_BYTES = 32;

/** `id`: 8 characters, which tell nothing of the key. */
export type BodyKey = { readonly id: string; readonly key: KeyObject; readonly ivKey: KeyObject };

/** In hexadecimal or base64. @throws RingbackError RB_CONFIG_INVALID, without the text */
export function readKey(secret: Secret): BodyKey {
  const bytes = bytesOf(secret.reveal().trim());
  if (bytes.length !== KEY_BYTES)
    throw new RingbackError('RB_CONFIG_INVALID', `a key of privacy.encrypt is not ${KEY_BYTES} bytes in base64 or hexadecimal`);
  const id = createHash('sha256').update('ringback body key id').update(bytes).digest('base64url').slice(0, 8);
  const ivKey = createHmac('sha256', bytes).update('ringback body iv').digest();
  return { id, key: createSecretKey(bytes), ivKey: createSecretKey(ivKey) };
}

function bytesOf(text: string): Buffer {
  if (/^[\da-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  return /^[A-Za-z\d+/_-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
}

/** In base64. */
export function newKey(): string {
  return randomBytes(KEY_BYTES).toString('base64');
}
