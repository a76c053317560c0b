/** For the environment of a child process: where this run keeps what Node compiled. Empty outside of `npm test`. */
export function compiled(): Readonly<Record<string, string>> {
  const folder = process.env['NODE_COMPILE_CACHE'];
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}
