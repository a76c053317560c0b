import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makePrivateFolder, writePrivateFile } from '@ringback/redis-server';

const PASSWORD_BYTES = 24;

/** URL-safe. */
export const newPassword = () => randomBytes(PASSWORD_BYTES).toString('hex');

/** The password in a private file, which is made if there is none. */
export async function keepPassword(file: string): Promise<string> {
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (/^[\da-f]+$/.test(kept)) return kept;
  const password = newPassword();
  await makePrivateFolder(dirname(file));
  await writePrivateFile(file, `${password}\n`);
  return password;
}
