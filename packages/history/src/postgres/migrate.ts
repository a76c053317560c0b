import type { Database, Sql } from './connect.ts';
import { unusable } from './errors.ts';
import { firstLayout } from './layout.ts';
import { missingRight } from './rights.ts';

/** Forward only: a released one MUST NOT change. The place in the list, from 1, is the version that it leads to. */
export const MIGRATIONS: readonly ((schema: string) => string)[] = [firstLayout];

/** A DDL statement that waits for a lock holds up writers behind it. */
const LOCK_MS = 3000;
/** `ringback_schema` tells our schema from others' tables. */
const MARKER = 'ringback_schema';

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

type Options = { readonly schema: string; readonly migrations?: typeof MIGRATIONS | undefined };

/** Reads the catalogue: `to_regclass` may not see what was committed while the session waited for an advisory lock. */
export async function hasTable(sql: Sql, schema: string, name: string): Promise<boolean> {
  const found = await sql(
    'SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname = $1 AND relname = $2',
    [schema, name],
  );
  return found.length > 0;
}

/** Undefined: there are no tables of ours. */
export async function versionOf(sql: Sql, schema: string): Promise<number | undefined> {
  if (!(await hasTable(sql, schema, MARKER))) return undefined;
  const [row] = await sql(`SELECT version FROM ${quoted(schema)}.${MARKER}`);
  return Number(row?.['version'] ?? 0);
}

/**
 * Brings the schema to the newest layout; makes it if it is missing. One transaction for all steps: a kill leaves none of
 * them. An advisory lock lets one process do it, and the others find it done. Resolves to the version.
 * @throws RingbackError RB_HISTORY_UNAVAILABLE, RB_HISTORY_UNUSABLE
 */
export async function migrate(database: Database, { schema, migrations = MIGRATIONS }: Options): Promise<number> {
  const newest = migrations.length;
  try {
    const found = await versionOf(database.sql, schema);
    refuseNewer(database, found, newest);
    if (found === newest) return newest;
    await database.transaction(async (sql) => {
      await sql(`SET LOCAL lock_timeout = ${LOCK_MS}`);
      await sql(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [`ringback history ${schema}`]);
      const version = await versionOf(sql, schema);
      refuseNewer(database, version, newest);
      if (version === undefined) await begin(sql, database, schema);
      for (const step of migrations.slice(version ?? 0)) await sql(step(quoted(schema)));
      await sql(`UPDATE ${quoted(schema)}.${MARKER} SET version = $1`, [newest]);
    });
    return newest;
  } catch (error) {
    throw (await missingRight(database, schema, error)) ?? error;
  }
}

function refuseNewer({ server }: Database, version: number | undefined, newest: number): void {
  if (version === undefined || version <= newest) return;
  const words = `a newer Ringback made it (schema ${version}, this one knows ${newest}): run that version, or name another schema`;
  throw unusable(server, words);
}

async function begin(sql: Sql, { server }: Database, schema: string): Promise<void> {
  const found = await sql('SELECT FROM pg_namespace WHERE nspname = $1', [schema]);
  if (found.length === 0) await sql(`CREATE SCHEMA ${quoted(schema)}`);
  await sql(`CREATE TABLE ${quoted(schema)}.${MARKER} (version integer NOT NULL)`);
  await sql(`INSERT INTO ${quoted(schema)}.${MARKER} VALUES (0)`);
  const names = [...firstLayout('').matchAll(/CREATE TABLE \.(\w+)/g)].map(([, name]) => name);
  const foreign = await sql(
    `SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname = $1 AND relname = ANY ($2) ORDER BY relname LIMIT 3`,
    [schema, names],
  );
  if (foreign.length === 0) return;
  const listed = foreign.map(({ relname }) => String(relname)).join(', ');
  throw unusable(
    server,
    `schema ${schema} has tables of the same names that are not ours (${listed}): name another schema in history.schema`,
  );
}
