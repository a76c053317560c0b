import { constants, fstatSync, openSync, readlinkSync, writevSync } from 'node:fs';
import { isatty } from 'node:tty';
import { createStdoutWriter, type StdoutWriter } from './stdout-writer.ts';

const STDOUT = 1;
const STDERR = 2;
/** ms. */
const LAST_LINES_WITHIN_MS = 500;

/** MUST be called once per process: two writers tear lines. Flushes on exit, for at most 500 ms. */
export function openStdout(): StdoutWriter {
  const fd = withoutWaiting(STDOUT);
  withoutWaiting(STDERR);
  const isGone = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'EPIPE' && isUnnamedPipe(fd);
  const writer = createStdoutWriter({ write: (buffers) => writevSync(fd, [...buffers]), isGone });
  process.on('exit', () => writer.flush(LAST_LINES_WITHIN_MS));
  return writer;
}

/** Writes to it fail with EAGAIN instead of blocking. Disks do not block. */
function withoutWaiting(fd: typeof STDOUT | typeof STDERR): number {
  if (isatty(fd)) return reopen(fd);
  const stat = fstatSync(fd);
  if (!stat.isFIFO() && !stat.isSocket()) return fd;
  // Node sets O_NONBLOCK when it makes the stream. Crash reports on stderr do not block then.
  const stream = fd === STDOUT ? process.stdout : process.stderr;
  stream.on('error', () => {});
  return fd;
}

/** A named one may get a new reader. False if the system does not tell. */
function isUnnamedPipe(fd: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith('pipe:');
  } catch {
    return false;
  }
}

/** O_NONBLOCK on the given descriptor would affect the shell; blocking would stop us on Ctrl-S. */
function reopen(terminal: number): number {
  try {
    return openSync(`/proc/self/fd/${terminal}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return terminal;
  }
}
