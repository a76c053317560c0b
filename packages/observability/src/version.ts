import root from '../../../package.json' with { type: 'json' };

export const VERSION: string = root.version;

/** Prints the version if the command line asks for it. False: it does not. */
export function printsVersion(argv: readonly string[]): boolean {
  const isAsked = argv.includes('--version');
  if (isAsked) process.stdout.write(`${VERSION}\n`);
  return isAsked;
}
