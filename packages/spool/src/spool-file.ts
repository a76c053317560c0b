import { closeSync, openSync, statfsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { RingbackError } from '@ringback/contracts';

const PAGE_BYTES = 4096;
/** Free disk space needed to delete rows: SQLite writes deletions to its WAL first (about 4 MiB and one batch). */
const LEFT_BYTES = 16 * 1024 * 1024;

/** SQLite result codes that we explain; https://www.sqlite.org/rescode.html */
const FULL = 13;
const WORDS: Readonly<Record<number, string>> = {
  5: 'another process uses it: give each ingress a spool of its own',
  11: 'it is damaged: move it aside, and look whether callbacks can be saved from it (sqlite3 <file> .recover)',
  26: 'it is not a spool, or damaged: move it aside, or name another path',
};

/**
 * One process at a time (`EXCLUSIVE`), durable commits (`WAL`, `FULL`), bounded by SQLite (`max_page_count`).
 * The folder MUST exist: with a mistyped mount, a new one would vanish with the container.
 * @throws RingbackError RB_SPOOL_FAILED, with what to do
 */
export function openFile({ path, maxBytes }: { path: string; maxBytes: number }): DatabaseSync {
  let file: DatabaseSync | undefined;
  try {
    // Only the owner may read it: callbacks hold personal data.
    closeSync(openSync(path, 'a', 0o600));
    file = new DatabaseSync(path);
    file.exec(`
      PRAGMA page_size = ${PAGE_BYTES};
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA auto_vacuum = FULL;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA max_page_count = ${Math.floor(maxBytes / PAGE_BYTES)};
      BEGIN EXCLUSIVE;
      CREATE TABLE IF NOT EXISTS batches (
        row INTEGER PRIMARY KEY, id TEXT NOT NULL, at INTEGER NOT NULL, size INTEGER NOT NULL, callbacks TEXT NOT NULL, aside INTEGER NOT NULL DEFAULT 0
      ) STRICT;
      COMMIT`);
    const found = file.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (found !== 'ok') throw Object.assign(new Error(String(found)), { errcode: 11 });
    return file;
  } catch (cause) {
    file?.close();
    const words = WORDS[resultCode(cause)] ?? (cause instanceof Error ? cause.message : 'it cannot be opened');
    throw new RingbackError('RB_SPOOL_FAILED', `the spool ${path} cannot be used: ${words}`, { cause });
  }
}

/** @throws RingbackError RB_SPOOL_FULL if the disk has too little space left */
export function refuseOnFullDisk(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < LEFT_BYTES) throw spoolFull();
}

/** A file error as the sender may see it: without paths. */
export function spoolError(cause: unknown): RingbackError {
  if (cause instanceof RingbackError) return cause;
  if (resultCode(cause) === FULL) return spoolFull(cause);
  return new RingbackError('RB_SPOOL_FAILED', 'Redis is away, and the spool cannot be used: send it again later', { cause });
}

function spoolFull(cause?: unknown): RingbackError {
  return new RingbackError('RB_SPOOL_FULL', 'Redis is away, and the spool or its disk is full: send it again later', { cause });
}

/** The primary result code: the lowest byte. */
function resultCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
}
