import type { Database, Sql } from './connect.ts';
import { SqlError, stateOf } from './errors.ts';
import { migrate } from './migrate.ts';
import { missingRight } from './rights.ts';

/** How the store runs its work. `s` is the quoted schema. Each failure is one of ours, or a bug. */
export type Run = {
  readonly with: <T>(work: (sql: Sql, s: string) => Promise<T>) => Promise<T>;
  readonly transaction: <T>(work: (sql: Sql, s: string) => Promise<T>) => Promise<T>;
};

type Options = { readonly database: Database; readonly schema: string; readonly s: string; readonly lost: () => void };

const NO_TABLE = '42P01';
const NO_SCHEMA = '3F000';

/**
 * Says which GRANT is missing. After tables of ours were removed under a running process they are made anew.
 * @param options.lost numbers of names are void
 */
export function createRun({ database, schema, s, lost }: Options): Run {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if ([NO_TABLE, NO_SCHEMA].includes(stateOf(error) ?? '')) {
        lost();
        await migrate(database, { schema });
      }
      if (!(error instanceof SqlError)) throw error;
      throw (await missingRight(database, schema, error)) ?? error;
    }
  };
  return {
    with: (work) => guarded(() => work(database.sql, s)),
    transaction: (work) => guarded(() => database.transaction((sql) => work(sql, s))),
  };
}
