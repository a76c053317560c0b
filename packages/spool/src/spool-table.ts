import type { DatabaseSync } from 'node:sqlite';

type Entry = { readonly row: number; readonly id: string; readonly text: string };

/** The statements of a spool, over the one table of its file. Entries that were set aside stay in the file and are never met again. All of it throws SQLite's errors. */
export type SpoolTable = {
  insert(entry: { id: string; at: number; size: number; text: string }): void;
  /** Oldest first. */
  entries(): Iterable<Entry>;
  /** When the oldest was put, ms since the epoch. */
  oldestTime(): number | undefined;
  setAside(rows: readonly number[]): void;
  delete(rows: readonly number[]): void;
  /** The sum of all sizes. */
  total(): number;
  /** Writes so many bytes to the disk and takes them away again. */
  tryRoom(bytes: number): void;
};

export function createTable(file: DatabaseSync): SpoolTable {
  const insert = file.prepare('INSERT INTO batches (id, at, size, callbacks) VALUES (?, ?, ?, ?)');
  const entries = file.prepare('SELECT row, id, callbacks FROM batches WHERE NOT aside ORDER BY row');
  const oldestTime = file.prepare('SELECT at FROM batches WHERE NOT aside ORDER BY row LIMIT 1');
  const setAside = file.prepare('UPDATE batches SET aside = 1 WHERE row IN (SELECT value FROM json_each(?))');
  const remove = file.prepare('DELETE FROM batches WHERE row IN (SELECT value FROM json_each(?))');
  const total = file.prepare('SELECT total(size) AS size FROM batches WHERE NOT aside');

  return {
    insert: ({ id, at, size, text }) => void insert.run(id, at, size, text),
    *entries() {
      for (const { row, id, callbacks } of entries.iterate()) yield { row: Number(row), id: String(id), text: String(callbacks) };
    },
    oldestTime() {
      const at = oldestTime.get()?.['at'];
      return at === undefined ? undefined : Number(at);
    },
    setAside: (rows) => void setAside.run(JSON.stringify(rows)),
    delete: (rows) => void remove.run(JSON.stringify(rows)),
    total: () => Number(total.get()?.['size']),
    tryRoom(bytes) {
      // Two commits, since one would write nothing of it; set aside, so that a crash between them leaves nothing that counts.
      file.exec(`REPLACE INTO batches (row, id, at, size, callbacks, aside) VALUES (0, '', 0, 0, printf('%.${bytes}c', ' '), 1)`);
      file.exec('DELETE FROM batches WHERE row = 0');
    },
  };
}
