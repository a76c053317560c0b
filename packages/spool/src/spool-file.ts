import { closeSync, openSync, statfsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { RingbackError } from '@ringback/contracts';

const PAGE_BYTES = 4096;
/** SQLite writes deletions to its WAL first: about 4 MiB and one batch. */
const LEFT_BYTES = 16 * 1024 * 1024;

/** https://www.sqlite.org/rescode.html */
const FULL = 13;
const WORDS: Readonly<Record<number, string>> = {
  5: 'another process uses it: give each ingress a spool of its own',
  11: 'it is damaged: move it aside, and look whether callbacks can be saved from it (sqlite3 <file> .recover)',
  26: 'it is not a spool, or damaged: move it aside, or name another path',
};

/**
 * One process (`EXCLUSIVE`), durable commits, bounded size. The folder MUST exist: a new one would hide a
 * missing mount. @throws RingbackError RB_SPOOL_FAILED
 */
export function openFile({ path, maxBytes }: { path: string; maxBytes: number }): DatabaseSync {
  let file: DatabaseSync | undefined;
  try {
    // Callbacks hold personal data.
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
    addPlace(file);
    const found = file.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (found !== 'ok') throw Object.assign(new Error(String(found)), { errcode: 11 });
    return file;
  } catch (cause) {
    file?.close();
    const words = WORDS[resultCode(cause)] ?? (cause instanceof Error ? cause.message : 'it cannot be opened');
    throw new RingbackError('RB_SPOOL_FAILED', `the spool ${path} cannot be used: ${words}`, { cause });
  }
}

/**
 * Earlier versions wrote no place, and go on so after a rollback. What they wrote is drained to shard 0: a worker passes
 * on what does not belong there.
 */
function addPlace(file: DatabaseSync): void {
  const columns = file.prepare('PRAGMA table_info(batches)').all();
  if (columns.some(({ name }) => name === 'place')) return;
  file.exec('ALTER TABLE batches ADD COLUMN place INTEGER NOT NULL DEFAULT 0');
}

/** @throws RingbackError RB_SPOOL_FULL */
export function refuseOnFullDisk(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < LEFT_BYTES) throw spoolFull();
}

/** For the sender: without paths. */
export function spoolError(cause: unknown): RingbackError {
  if (cause instanceof RingbackError) return cause;
  if (resultCode(cause) === FULL) return spoolFull(cause);
  return new RingbackError('RB_SPOOL_FAILED', 'Redis is away, and the spool cannot be used: send it again later', { cause });
}

function spoolFull(cause?: unknown): RingbackError {
  return new RingbackError('RB_SPOOL_FULL', 'Redis is away, and the spool or its disk is full: send it again later', { cause });
}

function resultCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
}
