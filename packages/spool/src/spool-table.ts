import type { DatabaseSync } from 'node:sqlite';

type Entry = { readonly row: number; readonly id: string; readonly text: string };

/**
 * The statements of a spool, over the one table of its file. Entries that were set aside stay in the file and are never met again, and those that were crossed off
 * are not met again either. All of it throws SQLite's errors, but for `crossOff`.
 */
export type SpoolTable = {
  insert(entry: { id: string; at: number; size: number; text: string }): void;
  /** Oldest first. */
  entries(): Iterable<Entry>;
  /** When the oldest was put, ms since the epoch. */
  oldestTime(): number | undefined;
  setAside(rows: readonly number[]): void;
  /** Forgets all entries up to this one, and deletes them, unless the disk is too full even for that: then the next call does, or `clean`. */
  crossOff(row: number): void;
  /** Deletes what is crossed off and still in the file, and gives the disk its room back. */
  clean(): void;
  /** The sum of all sizes. */
  total(): number;
  /** Writes so many bytes to the disk and takes them away again. */
  tryRoom(bytes: number): void;
};

export function createTable(file: DatabaseSync): SpoolTable {
  const insert = file.prepare('INSERT INTO batches (id, at, size, callbacks) VALUES (?, ?, ?, ?)');
  const entries = file.prepare('SELECT row, id, callbacks FROM batches WHERE row > ? AND NOT aside ORDER BY row');
  const oldestTime = file.prepare('SELECT at FROM batches WHERE row > ? AND NOT aside ORDER BY row LIMIT 1');
  const setAside = file.prepare('UPDATE batches SET aside = 1 WHERE row IN (SELECT value FROM json_each(?))');
  const total = file.prepare('SELECT total(size) AS size FROM batches WHERE row > ? AND NOT aside');
  const { last, crossOff, clean } = crossingOff(file);

  return {
    insert: ({ id, at, size, text }) => void insert.run(id, at, size, text),
    *entries() {
      for (const { row, id, callbacks } of entries.iterate(last()))
        yield { row: Number(row), id: String(id), text: String(callbacks) };
    },
    oldestTime() {
      const at = oldestTime.get(last())?.['at'];
      return at === undefined ? undefined : Number(at);
    },
    setAside: (rows) => void setAside.run(JSON.stringify(rows)),
    crossOff,
    clean,
    total: () => Number(total.get(last())?.['size']),
    tryRoom(bytes) {
      // Two commits, since one would write nothing of it; set aside, so that a crash between them leaves nothing that counts.
      file.exec(`REPLACE INTO batches (row, id, at, size, callbacks, aside) VALUES (0, '', 0, 0, printf('%.${bytes}c', ' '), 1)`);
      file.exec('DELETE FROM batches WHERE row = 0');
    },
  };
}

function crossingOff(file: DatabaseSync): Pick<SpoolTable, 'crossOff' | 'clean'> & { last: () => number } {
  const remove = file.prepare('DELETE FROM batches WHERE row <= ? AND NOT aside');
  /** The last row that is crossed off and still there. 0 else: rows begin at 1, and at 1 again in an empty table. */
  let crossed = 0;

  function deleteCrossed(): void {
    if (crossed > 0) remove.run(crossed);
    crossed = 0;
  }

  return {
    last: () => crossed,
    crossOff(row) {
      crossed = Math.max(crossed, row);
      try {
        deleteCrossed();
      } catch {
        // What is in Redis MUST NOT hold up what is not.
      }
    },
    clean() {
      deleteCrossed();
      // SQLite would leave its log as large as it ever was.
      file.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    },
  };
}
