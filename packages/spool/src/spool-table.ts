import type { DatabaseSync } from 'node:sqlite';

type Entry = { readonly row: number; readonly id: string; readonly text: string };

/** Rows set aside or deleted are never returned again. All but `crossOff` throw SQLite's errors. */
export type SpoolTable = {
  /** `place`: that of the first callback's key. */
  insert(entry: { id: string; at: number; size: number; text: string; place: number }): void;
  entries(): Iterable<Entry>;
  /** ms since the epoch. */
  oldestTime(): number | undefined;
  setAside(rows: readonly number[]): void;
  /** Deletes all rows of the shard up to this one. On a full disk they are deleted later. */
  crossOff(row: number): void;
  /** Deletes the remaining ones and shrinks the file. */
  clean(): void;
  total(): number;
};

/** Which batches a table shows: those whose place belongs to this shard. */
export type ShardOfSpool = { readonly shard: number; readonly shards: number };

export function createTable(file: DatabaseSync, of: ShardOfSpool): SpoolTable {
  const insert = file.prepare('INSERT INTO batches (id, at, size, callbacks, place) VALUES (?, ?, ?, ?, ?)');
  const rest = `row > ? AND NOT aside${ofShard(of)}`;
  const entries = file.prepare(`SELECT row, id, callbacks FROM batches WHERE ${rest} ORDER BY row`);
  const oldestTime = file.prepare(`SELECT at FROM batches WHERE ${rest} ORDER BY row LIMIT 1`);
  const setAside = file.prepare('UPDATE batches SET aside = 1 WHERE row IN (SELECT value FROM json_each(?))');
  const total = file.prepare(`SELECT total(size) AS size FROM batches WHERE ${rest}`);
  const { last, crossOff, clean } = crossingOff(file, of);

  return {
    insert: ({ id, at, size, text, place }) => void insert.run(id, at, size, text, place),
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
  };
}

/** Tests for room by a write. @throws SQLite's errors */
export function tryRoom(file: DatabaseSync, bytes: number): void {
  // Two commits: in one, SQLite would write nothing. Marked aside: a crash leaves nothing that counts.
  file.exec(`REPLACE INTO batches (row, id, at, size, callbacks, aside) VALUES (0, '', 0, 0, printf('%.${bytes}c', ' '), 1)`);
  file.exec('DELETE FROM batches WHERE row = 0');
}

/** Of one shard nothing is asked. */
function ofShard({ shard, shards }: ShardOfSpool): string {
  return shards === 1 ? '' : ` AND ${placeIn(shards)} = ${shard}`;
}

/** By these very words the index is found. */
function placeIn(shards: number): string {
  return `place % ${shards}`;
}

const INDEX = 'of_shard';

/**
 * Without it, a shard would read over all that waits for others. It changes with the number of shards. If there is no
 * room for it, all works without it.
 */
export function indexShards(file: DatabaseSync, shards: number): void {
  const wanted = shards === 1 ? undefined : `CREATE INDEX ${INDEX} ON batches (${placeIn(shards)})`;
  try {
    const found = file.prepare("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?").get(INDEX)?.['sql'];
    if (found === wanted) return;
    file.exec(`BEGIN; DROP INDEX IF EXISTS ${INDEX}; ${wanted ?? ''}; COMMIT`);
  } catch {
    if (file.isTransaction) file.exec('ROLLBACK');
  }
}

function crossingOff(file: DatabaseSync, of: ShardOfSpool): Pick<SpoolTable, 'crossOff' | 'clean'> & { last: () => number } {
  const remove = file.prepare(`DELETE FROM batches WHERE row <= ? AND NOT aside${ofShard(of)}`);
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
