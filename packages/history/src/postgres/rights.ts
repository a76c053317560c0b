import type { RingbackError } from '@ringback/contracts';
import type { Database } from './connect.ts';
import { stateOf, unusable } from './errors.ts';

/** insufficient_privilege */
const NO_RIGHT = '42501';

const identifier = (name: unknown) => `"${String(name).replaceAll('"', '""')}"`;

/** The GRANT that is missing, if that is what `error` is about. Undefined: it is not. */
export async function missingRight(
  { sql, server }: Database,
  schema: string,
  error: unknown,
): Promise<RingbackError | undefined> {
  if (stateOf(error) !== NO_RIGHT) return undefined;
  const [row] = await sql(
    `SELECT current_user AS role, current_database() AS database, n.oid IS NOT NULL AS there,
      n.oid IS NOT NULL AND has_schema_privilege(n.oid, 'USAGE') AND has_schema_privilege(n.oid, 'CREATE') AS may,
      (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'callbacks') AS owner
    FROM (SELECT to_regnamespace($1)::oid AS oid) n`,
    [identifier(schema)],
  );
  const role = identifier(row?.['role']);
  if (row?.['there'] !== true) {
    const grant = `GRANT CREATE ON DATABASE ${identifier(row?.['database'])} TO ${role}`;
    return unusable(
      server,
      `our user may not make the schema ${schema}: ${grant}; or CREATE SCHEMA ${identifier(schema)} AUTHORIZATION ${role}`,
    );
  }
  if (row['may'] !== true) {
    return unusable(
      server,
      `our user may not use the schema ${schema}: GRANT USAGE, CREATE ON SCHEMA ${identifier(schema)} TO ${role}`,
    );
  }
  const owner = typeof row['owner'] === 'string' ? identifier(row['owner']) : 'its owner';
  return unusable(server, `our user is not the owner of the tables in schema ${schema}: GRANT ${owner} TO ${role}`);
}
