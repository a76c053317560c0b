import { createHash } from 'node:crypto';

/** 43 URL-safe characters (256 bits) that are equal for equal bytes and for no others: the key of a callback that has none of its own. */
export function digestOf(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = Buffer.from(part);
    // With its length before it, no part can be taken for another one.
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest('base64url');
}
