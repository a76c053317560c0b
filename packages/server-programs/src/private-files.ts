import { chmod, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** No access for other users. */
export const PRIVATE_UMASK = 0o077;
const FOLDER = 0o700;
const FILE = 0o600;

/** Links stay: they have no rights of their own. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: FOLDER });
  await chmod(folder, FOLDER);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await makePrivateFolder(path);
    else if (entry.isFile()) await chmod(path, FILE);
  }
}

/** MUST be private before it has content, also if it existed. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', FILE);
  try {
    await file.chmod(FILE);
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}
