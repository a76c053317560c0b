import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';

/** Of a settings file or of one with secrets. */
const MOST_BYTES = 16 * 1024 * 1024;
/** A pipe is opened at once, and does not wait for whoever writes it. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/** A pipe would hold up all requests. @throws Error of the file system, or with code ENOTREG or EFBIG */
export function readRegularFileSync(path: string): Buffer {
  const file = openSync(path, FLAGS);
  try {
    checkFile(fstatSync(file));
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** Rejects as `readRegularFileSync` throws. */
export async function readRegularFile(path: string): Promise<Buffer> {
  const file = await open(path, FLAGS);
  try {
    checkFile(await file.stat());
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function checkFile(found: Pick<Stats, 'isFile' | 'isDirectory' | 'size'>): void {
  // As reading a folder fails by itself.
  if (found.isDirectory()) throw withCode('EISDIR');
  if (!found.isFile()) throw withCode('ENOTREG');
  if (found.size > MOST_BYTES) throw withCode('EFBIG');
}

const withCode = (code: string) => Object.assign(new Error(code), { code });
