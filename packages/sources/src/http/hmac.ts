import { createHmac, timingSafeEqual } from 'node:crypto';

export const ALGORITHMS = ['sha256', 'sha512', 'sha384', 'sha1'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** The signed parts, in order. */
export type Message = readonly (string | Buffer)[];

export function computeHmac(key: string | Buffer, algorithm: Algorithm, message: Message): Buffer {
  const hmac = createHmac(algorithm, key);
  for (const part of message) hmac.update(part);
  return hmac.digest();
}

export type Signed = {
  readonly keys: readonly (string | Buffer)[];
  readonly algorithm: Algorithm;
  readonly message: Message;
  readonly signatures: readonly Buffer[];
};

/** Tries all, so a wrong signature takes as long as a right one. */
export function hmacFits({ keys, algorithm, message, signatures }: Signed): boolean {
  let fits = false;
  for (const key of keys) {
    const expected = computeHmac(key, algorithm, message);
    for (const signature of signatures) {
      if (signature.length === expected.length && timingSafeEqual(signature, expected)) fits = true;
    }
  }
  return fits;
}

/** Undefined: the text is not of this encoding. */
export function decodeSignature(text: string, encoding: 'hex' | 'base64'): Buffer | undefined {
  const bytes = Buffer.from(text, encoding);
  const again = bytes.toString(encoding);
  const same = encoding === 'hex' ? again === text.toLowerCase() : again === text;
  return same && bytes.length > 0 ? bytes : undefined;
}
