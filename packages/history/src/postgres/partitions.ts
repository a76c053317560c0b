import type { Database, Sql } from './connect.ts';
import { isUnavailable } from './errors.ts';
import { hasTable, quoted } from './migrate.ts';

export const PARTITIONED = ['callbacks', 'bodies', 'deliveries', 'attempts', 'repeats'] as const;
export type Partitioned = (typeof PARTITIONED)[number];

export const DAY_MS = 86_400_000;
/** Writers wait behind a lock that we wait for. */
const LOCK_MS = 1000;
/** After a lock could not be had; until then rows of the day go to the default partition. */
const AGAIN_MS = 60_000;

export const dayOf = (time: number): number => Math.floor(time / DAY_MS);

/** `callbacks_d20781`: the day from the epoch. */
export const partitionName = (table: Partitioned, day: number): string => `${table}_d${day}`;

export type Partitions = {
  /** Makes those of the days that lie within what is kept. They are there already, mostly. */
  readonly ensure: (days: Iterable<number>, now: number) => Promise<void>;
  /** Days that have a partition of the table. Also those that were taken out and not yet dropped. */
  readonly days: (table: Partitioned) => Promise<{ day: number; isAttached: boolean }[]>;
  /** False: the lock could not be had. */
  readonly drop: (table: Partitioned, day: number) => Promise<boolean>;
  /** What is known of days that are there. */
  readonly forget: () => void;
};

/** @param keepDays rows that are older have no partition of their own */
export function createPartitions(database: Database, schema: string, keepDays: number): Partitions {
  const s = quoted(schema);
  const known = new Set<number>();
  const triedAt = new Map<number, number>();
  const make = async (day: number, now: number) => {
    try {
      await database.transaction((sql) => makeDay(sql, schema, day));
      known.add(day);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      triedAt.set(day, now);
    }
  };
  return {
    ensure: async (days, now) => {
      const today = dayOf(now);
      for (const day of new Set(days)) {
        if (known.has(day) || day < today - keepDays - 1 || day > today + 1) continue;
        if (now - (triedAt.get(day) ?? Number.NEGATIVE_INFINITY) > AGAIN_MS) await make(day, now);
      }
    },
    days: (table) => listDays(database.sql, schema, table),
    drop: async (table, day) => {
      known.delete(day);
      return dropDay(database, s, partitionName(table, day), table);
    },
    forget: () => known.clear(),
  };
}

/** Rows of the day that went to the default partition move. */
async function makeDay(sql: Sql, schema: string, day: number): Promise<void> {
  const s = quoted(schema);
  await sql(`SET LOCAL lock_timeout = ${LOCK_MS}`);
  await sql('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`ringback history days ${s}`]);
  const [from, to] = [day * DAY_MS, (day + 1) * DAY_MS];
  for (const table of PARTITIONED) {
    const name = `${s}.${partitionName(table, day)}`;
    if (await hasTable(sql, schema, partitionName(table, day))) continue;
    await sql(`CREATE TABLE ${name} (LIKE ${s}.${table} INCLUDING ALL)`);
    await sql(`LOCK TABLE ${s}.${table}_default IN ACCESS EXCLUSIVE MODE`);
    await sql(`WITH moved AS (DELETE FROM ${s}.${table}_default WHERE received_at >= ${from} AND received_at < ${to} RETURNING *)
      INSERT INTO ${name} SELECT * FROM moved`);
    await sql(`ALTER TABLE ${s}.${table} ATTACH PARTITION ${name} FOR VALUES FROM (${from}) TO (${to})`);
  }
}

async function listDays(sql: Sql, schema: string, table: Partitioned): Promise<{ day: number; isAttached: boolean }[]> {
  const rows = await sql(
    `SELECT c.relname, c.relispartition FROM pg_class c WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'r' AND c.relname ~ $2`,
    [quoted(schema), `^${table}_d-?\\d+$`],
  );
  const days = rows.map((row) => ({
    day: Number(String(row['relname']).slice(table.length + 2)),
    isAttached: row['relispartition'] === true,
  }));
  return days.toSorted((a, b) => a.day - b.day);
}

/** Taking it out is quick but locks out writers; to drop what was taken out locks out nobody. */
async function dropDay({ sql, transaction }: Database, s: string, name: string, table: Partitioned): Promise<boolean> {
  try {
    await transaction(async (run) => {
      await run(`SET LOCAL lock_timeout = ${LOCK_MS}`);
      const [row] = await run('SELECT relispartition FROM pg_class WHERE oid = to_regclass($1)', [`${s}.${name}`]);
      if (row?.['relispartition'] === true) await run(`ALTER TABLE ${s}.${table} DETACH PARTITION ${s}.${name}`);
    });
    await sql(`DROP TABLE IF EXISTS ${s}.${name}`);
    return true;
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    return false;
  }
}
