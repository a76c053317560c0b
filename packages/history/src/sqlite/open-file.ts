import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { historyError, missing, unusable } from './errors.ts';
import { isMissing, logOf } from './identity.ts';
import { MIGRATIONS } from './migrations.ts';

/** `RBHI`: tells a history from other programs' files. */
const APPLICATION_ID = 0x52424849;

/** For each lock. A writer in a worker's thread may wait: nothing else waits for it. */
const BUSY_MS = 5000;

export type OpenFile = {
  readonly path: string;
  readonly busyMs?: number | undefined;
  /** False: a file that is missing is refused, and not made. */
  readonly create?: boolean | undefined;
  /** A file that is missing is taken as an empty history, in memory. */
  readonly whenMissing?: ((path: string) => void) | undefined;
  readonly migrations?: readonly string[] | undefined;
};

/**
 * Opens the file, makes it and its folder if they are missing (unless not to `create`), and brings it to the newest schema. Processes may share it.
 * `FULL`: a commit is on disk when it returns. `secure_delete` from the beginning: what is removed is overwritten with zeros.
 * @throws RingbackError RB_HISTORY_UNAVAILABLE, RB_HISTORY_UNUSABLE
 */
export function openFile(options: OpenFile): DatabaseSync {
  const { path, busyMs = BUSY_MS, whenMissing, create = whenMissing === undefined, migrations = MIGRATIONS } = options;
  let file: DatabaseSync | undefined;
  try {
    requireLogsFile(path);
    if (!create && isMissing(path)) {
      if (whenMissing === undefined) throw missing(path);
      file = openEmpty(path, migrations);
      whenMissing(path);
      return file;
    }
    if (create) makeFile(path);
    file = new DatabaseSync(existing(path), { timeout: busyMs });
    refuseForeign(file, path, migrations.length);
    // Of an existing file, these would take the lock of a writer and change nothing.
    if (versionOf(file) === 0) file.exec('PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL');
    file.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA secure_delete = ON;
      PRAGMA cache_size = -65536;
      PRAGMA wal_autocheckpoint = 4000;
      PRAGMA journal_size_limit = 67108864;
      PRAGMA temp_store = MEMORY`);
    migrate(file, path, migrations);
    return file;
  } catch (cause) {
    file?.close();
    throw historyError(cause, path);
  }
}

/** MUST NOT touch the disk: a file that is made beside a moved one would hide it. */
function openEmpty(path: string, migrations: readonly string[]): DatabaseSync {
  const file = new DatabaseSync(':memory:');
  migrate(file, path, migrations);
  return file;
}

/**
 * SQLite would empty a log whose file is away. The log is looked at first: as a history is made, its file has a first page
 * before its log has one.
 */
function requireLogsFile(path: string): void {
  const log = logOf(path);
  if (isMissing(log) || !isMissing(path)) return;
  throw unusable(
    path,
    `it is missing or empty, and ${log} holds what was written last: put the file back beside it. If it is gone for good, move the -wal aside: do not delete it`,
  );
}

/** SQLite MUST NOT make the file: it may be moved away just now. */
function existing(path: string): URL {
  const url = pathToFileURL(path);
  url.searchParams.set('mode', 'rw');
  return url;
}

/**
 * Callbacks hold personal data. SQLite gives its other files the same mode. An existing file MUST NOT be opened here:
 * closing it would drop the locks that another connection of this process has on it (POSIX).
 */
function makeFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (existsSync(path)) return;
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!existsSync(path)) throw error;
  }
}

/** One transaction for all steps: a kill leaves none of them, and a second process finds them done. */
function migrate(file: DatabaseSync, path: string, migrations: readonly string[]): void {
  if (versionOf(file) === migrations.length) return;
  file.exec('BEGIN IMMEDIATE');
  try {
    refuseForeign(file, path, migrations.length);
    for (const sql of migrations.slice(versionOf(file))) file.exec(sql);
    file.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}; COMMIT`);
  } catch (error) {
    file.exec('ROLLBACK');
    throw error;
  }
}

function refuseForeign(file: DatabaseSync, path: string, newest: number): void {
  const owner = numberOf(file, 'application_id');
  const tables = Number(file.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count']);
  if (owner !== APPLICATION_ID && (owner !== 0 || tables > 0))
    throw unusable(path, 'it is the database of another program: name another path');
  const version = versionOf(file);
  if (version > newest)
    throw unusable(
      path,
      `a newer Ringback made it (schema ${version}, this one knows ${newest}): run that version, or name another path`,
    );
}

export const versionOf = (file: DatabaseSync): number => numberOf(file, 'user_version');

function numberOf(file: DatabaseSync, pragma: string): number {
  return Number(file.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
}
