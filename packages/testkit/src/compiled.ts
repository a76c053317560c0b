/** For the environment of a child process: where Node keeps what it compiled. Empty if it keeps nothing. */
export function compiled(): Readonly<Record<string, string>> {
  const folder = process.env['NODE_COMPILE_CACHE'];
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}
