import { statSync } from 'node:fs';
import { type RingbackError } from '@ringback/contracts';
import { unusable } from './errors.ts';

export const logOf = (path: string): string => `${path}-wal`;

/** True once the file or its log was moved, removed or replaced. What is written since then is lost. It stays true. */
export function createMovedCheck(path: string): () => boolean {
  const file = identityOf(path);
  let log = identityOf(logOf(path));
  let moved = file === undefined;
  return () => {
    const now = identityOf(logOf(path));
    // While a connection is open, SQLite keeps the log that it once made.
    log ??= now;
    moved ||= identityOf(path) !== file || now !== log;
    return moved;
  };
}

export const movedError = (path: string): RingbackError =>
  unusable(path, 'it, or its -wal, was moved or removed while it is in use: put it back if it is away, and restart this process');

function identityOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat && `${stat.dev} ${stat.ino}`;
}

/** True if there is no file, or one that nothing was written to yet. */
export function isMissing(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined || (stat.isFile() && stat.size === 0);
}
