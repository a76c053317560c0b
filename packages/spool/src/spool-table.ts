import type { DatabaseSync } from 'node:sqlite';

type Entry = { readonly row: number; readonly id: string; readonly text: string };

/** Rows set aside or deleted are never returned again. All but `crossOff` throw SQLite's errors. */
export type SpoolTable = {
  insert(entry: { id: string; at: number; size: number; text: string }): void;
  entries(): Iterable<Entry>;
  /** ms since the epoch. */
  oldestTime(): number | undefined;
  setAside(rows: readonly number[]): void;
  /** Deletes all rows up to this one. On a full disk they are deleted later. */
  crossOff(row: number): void;
  /** Deletes the remaining ones and shrinks the file. */
  clean(): void;
  total(): number;
  /** Tests for room by a write. */
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
      // Two commits: in one, SQLite would write nothing. Marked aside: a crash leaves nothing that counts.
      file.exec(`REPLACE INTO batches (row, id, at, size, callbacks, aside) VALUES (0, '', 0, 0, printf('%.${bytes}c', ' '), 1)`);
      file.exec('DELETE FROM batches WHERE row = 0');
    },
  };
}

function crossingOff(file: DatabaseSync): Pick<SpoolTable, 'crossOff' | 'clean'> & { last: () => number } {
  const remove = file.prepare('DELETE FROM batches WHERE row <= ? AND NOT aside');
  /** Last deleted row that is still in the file. Rows begin at 1. */
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
        // A failed deletion MUST NOT block others: these batches are in Redis.
      }
    },
    clean() {
      deleteCrossed();
      // Otherwise the WAL keeps its largest size.
      file.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    },
  };
}
