import { access, constants } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';

/** A path: the name alone may mean another program under another PATH. A name with a slash is a path. */
export async function locateProgram(name: string): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((entry) => entry !== '');
  for (const path of name.includes('/') ? [resolve(name)] : folders.map((folder) => join(folder, name))) {
    const canRun = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (canRun) return path;
  }
  return undefined;
}
