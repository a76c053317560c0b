import { RingbackError } from '@ringback/contracts';

/** https://www.sqlite.org/rescode.html */
const WORDS: Readonly<Record<number, { unusable?: true; words: string }>> = {
  3: { words: 'it may not be read or written: give our user the right to (it, and its folder)' },
  5: { words: 'another process holds it locked: see which one (a backup, an open sqlite3) and end it' },
  6: { words: 'another process holds it locked: see which one (a backup, an open sqlite3) and end it' },
  8: { words: 'it is read-only: give our user the right to write it and its folder' },
  10: {
    words:
      'its disk fails to read or write: see the log of the system. Or its -wal was removed while in use: restart the workers',
  },
  11: {
    unusable: true,
    words: 'it is damaged: move it aside and restore a backup, or save what can be read (sqlite3 <file> .recover)',
  },
  13: { words: 'its disk is full: make room' },
  14: { words: 'it cannot be opened or made: see that the path is a file, and that our user may write to its folder' },
  26: { unusable: true, words: 'it is not a history: name another path' },
};

/** @returns RB_HISTORY_UNUSABLE if a person must act, else RB_HISTORY_UNAVAILABLE. A bug stays what it is. */
export function historyError(cause: unknown, path: string): unknown {
  if (cause instanceof RingbackError) return cause;
  const known = WORDS[resultCode(cause)];
  const message = (words: string) => `the history ${path} cannot be used: ${words}`;
  if (known?.unusable) return new RingbackError('RB_HISTORY_UNUSABLE', message(known.words), { cause });
  if (known) return new RingbackError('RB_HISTORY_UNAVAILABLE', message(known.words), { cause });
  if (!isSystemError(cause)) return cause;
  return new RingbackError(
    'RB_HISTORY_UNAVAILABLE',
    message(`${cause.code}: see that the path is a file, and that our user may write to its folder`),
    { cause },
  );
}

export function unusable(path: string, words: string): RingbackError {
  return new RingbackError('RB_HISTORY_UNUSABLE', `the history ${path} cannot be used: ${words}`);
}

export function missing(path: string): RingbackError {
  return new RingbackError('RB_HISTORY_UNAVAILABLE', `there is no history yet at ${path}: a worker makes it when it starts`);
}

/** The primary result code: extended ones have more above the lowest byte. */
function resultCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
}

/** Of node:fs: the folder cannot be made, or the file not be touched. */
function isSystemError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}
