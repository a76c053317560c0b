/** Options of the command line. What is wrong with them ends the process, and the usage is shown, as for `--help`. */
export function readOptions<T>(read: () => T, usage: string): T {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    console.log(usage);
    return process.exit(0);
  }
  try {
    return read();
  } catch (error) {
    console.error(`ringback: ${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return process.exit(1);
  }
}
