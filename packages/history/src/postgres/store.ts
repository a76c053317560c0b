import type { HistoryStatus, HistoryStore } from '../store/store.ts';
import { createBodyStore } from './bodies.ts';
import { readAll } from './all.ts';
import { connectDatabase, type Database, type Patience, type PostgresPlace } from './connect.ts';
import type { Place } from './filter-parts.ts';
import { createFinder } from './find.ts';
import { createForgetter } from './forget.ts';
import type { MIGRATIONS } from './migrate.ts';
import { migrate, quoted, versionOf } from './migrate.ts';
import { createNames } from './names.ts';
import { createPartitions } from './partitions.ts';
import { prune, type WholeDays } from './prune.ts';
import { createCallbackReader } from './read-callbacks.ts';
import { readAction, readGap, readRefusal, refOf } from './read-rows.ts';
import { createRestStore } from './rest.ts';
import { createRun, type Run } from './run.ts';
import { createTaskReader } from './tasks.ts';
import { optionalNumber } from './text.ts';
import { createWriter } from './write.ts';

export type PostgresOptions = PostgresPlace & {
  readonly schema: string;
  /** Rows that are older have no day of their own. */
  readonly keepDays: number;
  readonly wholeDays: WholeDays;
  readonly patience?: Patience | undefined;
  readonly migrations?: typeof MIGRATIONS | undefined;
};

/**
 * A history in PostgreSQL 14 or later, for any number of processes and machines. The schema is made if it is missing.
 * @throws RingbackError RB_HISTORY_UNAVAILABLE, RB_HISTORY_UNUSABLE
 */
export async function openPostgresStore(options: PostgresOptions): Promise<HistoryStore> {
  const { schema, migrations } = options;
  const database = connectDatabase(options, options.patience);
  try {
    await migrate(database, { schema, migrations });
  } catch (error) {
    await database.close();
    throw error;
  }
  return storeOf(database, options);
}

function storeOf(database: Database, { schema, keepDays, wholeDays }: PostgresOptions): HistoryStore {
  const s = quoted(schema);
  const names = createNames(database.sql, s);
  const partitions = createPartitions(database, schema, keepDays);
  const run = createRun({ database, schema, s, lost: () => [names, partitions].forEach(({ forget }) => forget()) });
  const place = placeOf(database, s);
  const finder = createFinder(database.sql, { place, names });
  const reader = createCallbackReader(database.sql, s, names);
  const tasks = createTaskReader(database.sql, s, finder);
  const write = createWriter({ database, s, names, partitions });
  return {
    kind: 'postgres',
    write: (rows) => run.with(() => write(rows, Date.now())),
    find: (filter, { bodies = false, ...page }) => run.with(async () => reader.found(await finder.find(filter, page), bodies)),
    count: (filter) => run.with(() => finder.count(filter)),
    stories: (refs) => run.with(() => reader.stories(refs)),
    ...listsOf(run),
    tasks: (limit) => run.with(() => tasks.newest(limit)),
    task: (id) => run.with(() => tasks.task(id)),
    status: () => statusOf(run, schema),
    prune: (limits) => run.with(() => prune({ run, partitions, wholeDays, server: database.server }, limits, Date.now())),
    forgetsAtOnce: Number.POSITIVE_INFINITY,
    forget: createForgetter(run),
    all: () => readAll(run, names),
    rest: createRestStore(run, place),
    bodies: createBodyStore(run),
    close: () => database.close(),
  };
}

/** A collation of ICU, if the server has it, tells capital from small letters in all alphabets. */
function placeOf({ sql }: Database, s: string): () => Promise<Place> {
  let known: Place | undefined;
  return async () => {
    if (known === undefined) {
      const found = await sql(
        `SELECT FROM pg_collation WHERE collname = 'und-x-icu' AND collnamespace = 'pg_catalog'::regnamespace`,
      );
      known = { s, letters: found.length > 0 ? ' COLLATE "und-x-icu"' : '' };
    }
    return known;
  };
}

function listsOf(run: Run): Pick<HistoryStore, 'refusals' | 'actions'> {
  return {
    refusals: ({ since, until }) =>
      run.with(async (sql, s) => {
        const where = 'minute >= $1 AND minute < $2 ORDER BY minute, process, code, source';
        return (await sql(`SELECT * FROM ${s}.refusals WHERE ${where}`, [since, until])).map(readRefusal);
      }),
    actions: (limit) =>
      run.with(async (sql, s) => {
        const rows = await sql(`SELECT * FROM ${s}.actions ORDER BY at DESC, id DESC LIMIT ${Math.trunc(limit)}`);
        const refs = await sql(`SELECT * FROM ${s}.action_callbacks WHERE action = ANY ($1::text[]) ORDER BY received_at, key`, [
          rows.map(({ id }) => id),
        ]);
        const ofActions = Map.groupBy(refs, (row) => row['action']);
        return rows.map((row) => readAction(row, (ofActions.get(row['id']) ?? []).map(refOf)));
      }),
  };
}

function statusOf(run: Run, schema: string): Promise<HistoryStatus> {
  return run.with(async (sql, s) => {
    const [counted] = await sql(
      `SELECT (SELECT count(*) FROM ${s}.callbacks) AS callbacks, (SELECT count(*) FROM ${s}.deliveries) AS deliveries,
        (SELECT count(*) FROM ${s}.attempts) AS attempts, (SELECT count(*) FROM ${s}.bodies) AS bodies,
        (SELECT min(received_at) FROM ${s}.callbacks) AS oldest, (SELECT max(received_at) FROM ${s}.callbacks) AS newest,
        (SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind = 'r') AS bytes`,
      [s],
    );
    return {
      store: 'postgres',
      schemaVersion: (await versionOf(sql, schema)) ?? 0,
      callbacks: Number(counted?.['callbacks']),
      deliveries: Number(counted?.['deliveries']),
      attempts: Number(counted?.['attempts']),
      bodies: Number(counted?.['bodies']),
      bytes: Number(counted?.['bytes']),
      oldest: optionalNumber(counted?.['oldest']),
      newest: optionalNumber(counted?.['newest']),
      gaps: (await sql(`SELECT * FROM ${s}.gaps ORDER BY since`)).map(readGap),
    };
  });
}
