import { isAbsolute, join, relative } from 'node:path';

/** Reads a path from the command line: relative to the folder of the person who typed it, which is not ours where npm runs us. */
export function callerPath(caller: string | undefined): (path: string) => string {
  const prefix = caller === undefined ? '' : relative(process.cwd(), caller);
  return (path) => (isAbsolute(path) ? path : join(prefix, path));
}
