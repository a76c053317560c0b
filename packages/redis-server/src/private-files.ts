import { chmod, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What no other user of the machine may do anything with: a process under this umask creates it so. */
export const PRIVATE_UMASK = 0o077;
const FOLDER = 0o700;
const FILE = 0o600;

/** Makes a folder, and all that already stands in it, its owner's only. Links are left alone: they have no rights of their own. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: FOLDER });
  await chmod(folder, FOLDER);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await makePrivateFolder(path);
    else if (entry.isFile()) await chmod(path, FILE);
  }
}

/** Writes a file that is its owner's only. It MUST be so before there is anything in it, also where it was not before. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', FILE);
  try {
    await file.chmod(FILE);
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}
