import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { Terminal } from '../terminal/terminal.ts';

/** Standard Webhooks asks for 24 to 64 bytes. */
const BYTES = 32;

export function newSecret(): string {
  return `whsec_${randomBytes(BYTES).toString('base64')}`;
}

/** To the terminal, or to a file that only its owner may read. Never overwrites. True if it was written. */
export function giveSecret(secret: string, path: string | undefined, { out, err }: Terminal): boolean {
  if (path === undefined) {
    out(secret);
    return true;
  }
  try {
    writeFileSync(path, `${secret}\n`, { flag: 'wx', mode: 0o600 });
    out(`written to ${path}, which only its owner may read`);
    return true;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    const isThere = error.code === 'EEXIST';
    err(isThere ? `${path} exists already: name another file` : `${path} cannot be written: ${String(error.code)}`);
    return false;
  }
}
