import { createHash } from 'node:crypto';

/** 43 URL-safe characters (SHA-256). The id of a callback that has none of its own. */
export function digestOf(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = Buffer.from(part);
    // The length keeps parts apart: `ab` + `c` differs from `a` + `bc`.
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest('base64url');
}
