import { constants, fstatSync, openSync, writevSync } from 'node:fs';
import { isatty } from 'node:tty';
import { createStdoutWriter, type StdoutWriter } from './stdout-writer.ts';

const STDOUT = 1;
const STDERR = 2;
/** What a process that ends waits for whoever reads its last lines. */
const LAST_LINES_WITHIN_MS = 500;

/**
 * Standard output, of which there MUST be one in a process: lines of two would tear each other. What waits when the process exits is written then, for at
 * most 500 ms.
 */
export function openStdout(): StdoutWriter {
  const fd = withoutWaiting(STDOUT);
  withoutWaiting(STDERR);
  const writer = createStdoutWriter({ write: (buffers) => writevSync(fd, [...buffers]) });
  process.on('exit', () => writer.flush(LAST_LINES_WITHIN_MS));
  return writer;
}

/** A descriptor for the same file, on which a write that finds no room fails with EAGAIN. On a disk there is always room, or an error. */
function withoutWaiting(fd: typeof STDOUT | typeof STDERR): number {
  if (isatty(fd)) return reopen(fd);
  const stat = fstatSync(fd);
  if (!stat.isFIFO() && !stat.isSocket()) return fd;
  // Node sets O_NONBLOCK on a pipe or socket when it makes its stream. On stderr this keeps the report of a crash from waiting as well.
  const stream = fd === STDOUT ? process.stdout : process.stderr;
  stream.on('error', () => {});
  return fd;
}

/** A terminal that is held (Ctrl-S) makes writers wait. Set on the descriptor that we were given, O_NONBLOCK would hold for the shell as well. */
function reopen(terminal: number): number {
  try {
    return openSync(`/proc/self/fd/${terminal}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return terminal;
  }
}
