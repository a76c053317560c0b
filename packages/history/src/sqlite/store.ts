import { existsSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { HistoryStatus, HistoryStore } from '../store/store.ts';
import { createBodyStore } from './bodies.ts';
import { readAll, readGaps, readRefusal, refsOf } from './all.ts';
import { historyError } from './errors.ts';
import { createFinder } from './find.ts';
import { createForgetter } from './forget.ts';
import { createMovedCheck, isMissing, movedError } from './identity.ts';
import { createNames, type Names } from './names.ts';
import { type OpenFile, openFile, versionOf } from './open-file.ts';
import { prune } from './prune.ts';
import { createCallbackReader, readAction } from './read-callbacks.ts';
import { createRestStore, type Run } from './rest.ts';
import { createTaskReader } from './tasks.ts';
import { optionalNumber, optionalText, toText } from './values.ts';
import { createWriter } from './write.ts';

/**
 * A history in an SQLite file, which processes of one machine may share. SQLite works in the thread that calls it, and
 * waits there for a lock, up to `busyMs`: it belongs in a thread of its own, or in a command.
 * @throws RingbackError RB_HISTORY_UNAVAILABLE, RB_HISTORY_UNUSABLE
 */
export function openSqliteStore(options: OpenFile): HistoryStore {
  const file = openFile(options);
  try {
    const store = storeIn(file, options.path);
    return file.location() === null ? untilMade(store, options) : store;
  } catch (error) {
    file.close();
    throw historyError(error, options.path);
  }
}

/** The empty history in memory, until there is a file. It is looked for before each read, for what goes on for long. */
function untilMade(empty: HistoryStore, { path, busyMs, migrations }: OpenFile): HistoryStore {
  let made: HistoryStore | undefined;
  const newest = () => (made ??= isMissing(path) ? undefined : openSqliteStore({ path, busyMs, migrations, create: false }));
  const close = async () => {
    await empty.close();
    await made?.close();
  };
  return new Proxy(empty, { get: (_, name): unknown => (name === 'close' ? close : Reflect.get(newest() ?? empty, name)) });
}

function storeIn(file: DatabaseSync, path: string): HistoryStore {
  file.function('contains', { deterministic: true }, (text, part) =>
    optionalText(text)?.toLowerCase().includes(toText(part)) ? 1 : 0,
  );
  const names = createNames(file);
  const run = createRun(file, { path, names });
  const finder = createFinder(file, names);
  const reader = createCallbackReader(file, names, finder);
  const tasks = createTaskReader(file, finder);
  const write = createWriter(file, names);
  return {
    kind: 'sqlite',
    write: (rows) => run.write(() => write(rows)),
    find: (filter, { bodies = false, ...page }) =>
      run.read(() => finder.find(filter, page).flatMap((n) => reader.found(n, bodies))),
    count: (filter) => run.read(() => finder.count(filter)),
    stories: (refs) => run.read(() => refs.flatMap(reader.story)),
    ...listsOf(file, run),
    tasks: (limit) => run.read(() => tasks.newest(limit)),
    task: (id) => run.read(() => tasks.task(id)),
    status: () => run.read(() => statusOf(file, path)),
    prune: (limits) => prune(file, run, limits),
    // Emptying the WAL after each keeps it short.
    forgetsAtOnce: 500,
    forget: createForgetter(file, { run, byId: finder.byId }),
    all: () => readAll(file, reader, run),
    rest: createRestStore(file, run),
    bodies: createBodyStore(file, run),
    close: async () => {
      if (file.isOpen) file.close();
    },
  };
}

function createRun(file: DatabaseSync, { path, names }: { path: string; names: Names }): Run {
  // In memory there is nothing to move.
  const isMoved = file.location() === null ? () => false : createMovedCheck(path);
  const requireUnmoved = () => {
    if (isMoved()) throw movedError(path);
  };
  const guarded = <T>(work: () => T): T => {
    try {
      requireUnmoved();
      const result = work();
      // Else what was written may be in a file that nobody can open any more.
      requireUnmoved();
      return result;
    } catch (error) {
      requireUnmoved();
      throw historyError(error, path);
    }
  };
  return {
    read: async (work) =>
      guarded(() => {
        names.refresh();
        return work();
      }),
    write: async (work) =>
      guarded(() => {
        file.exec('BEGIN IMMEDIATE');
        try {
          names.refresh();
          const result = work();
          file.exec('COMMIT');
          return result;
        } catch (error) {
          if (file.isTransaction) file.exec('ROLLBACK');
          names.forget();
          throw error;
        }
      }),
  };
}

function listsOf(file: DatabaseSync, { read }: Run): Pick<HistoryStore, 'refusals' | 'actions'> {
  const refusals = file.prepare('SELECT * FROM refusals WHERE minute >= ? AND minute < ? ORDER BY minute, process, code, source');
  const actions = file.prepare('SELECT * FROM actions ORDER BY at DESC, id DESC LIMIT ?');
  const ofAction = file.prepare('SELECT receivedAt, key FROM action_callbacks WHERE action = ?');
  return {
    refusals: ({ since, until }) => read(() => refusals.all(since, until).map(readRefusal)),
    actions: (limit) => read(() => actions.all(limit).map((row) => readAction(row, refsOf(ofAction.all(row['id'] ?? null))))),
  };
}

function statusOf(file: DatabaseSync, path: string): HistoryStatus {
  const counted = file
    .prepare(`SELECT
    (SELECT count(*) FROM callbacks) AS callbacks, (SELECT count(*) FROM deliveries) AS deliveries,
    (SELECT count(*) FROM attempts) AS attempts, (SELECT count(*) FROM bodies) AS bodies,
    (SELECT min(receivedAt) FROM callbacks) AS oldest, (SELECT max(receivedAt) FROM callbacks) AS newest`)
    .get();
  const files = [path, `${path}-wal`, `${path}-shm`].filter((each) => existsSync(each));
  return {
    store: 'sqlite',
    schemaVersion: versionOf(file),
    callbacks: Number(counted?.['callbacks']),
    deliveries: Number(counted?.['deliveries']),
    attempts: Number(counted?.['attempts']),
    bodies: Number(counted?.['bodies']),
    bytes: files.reduce((sum, each) => sum + statSync(each).size, 0),
    oldest: optionalNumber(counted?.['oldest']),
    newest: optionalNumber(counted?.['newest']),
    gaps: readGaps(file),
  };
}
