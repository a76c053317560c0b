const outEnds = (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1);
const errEnds = () => {};

/** Lets a closed pipe (`ringback … | head`) end the command quietly. */
export function surviveClosedPipes(): void {
  process.stdout.on('error', outEnds);
  process.stderr.on('error', errEnds);
}

/** For a process, which handles its own output. */
export function handOverPipes(): void {
  process.stdout.off('error', outEnds);
  process.stderr.off('error', errEnds);
}
