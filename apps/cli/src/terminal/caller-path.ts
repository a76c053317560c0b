import { isAbsolute, join, relative } from 'node:path';

/** Resolves a path against the folder of the caller: npm runs us in another one. */
export function callerPath(caller: string | undefined): (path: string) => string {
  const prefix = caller === undefined ? '' : relative(process.cwd(), caller);
  return (path) => (isAbsolute(path) ? path : join(prefix, path));
}
