import { createSecret } from '@ringback/contracts';
import { testPostgres } from '@ringback/testkit';
import { onTestFinished } from 'vitest';
import type { HistoryStore } from '../store/store.ts';
import { connectDatabase, type Database } from './connect.ts';
import { openPostgresStore, type PostgresOptions } from './store.ts';

const EXACT = { callbacks: false, bodies: false };

/** A schema of its own on the server of the run. It is dropped when the test is over. */
export function schemaOfTest(): { url: string; schema: string } {
  const place = testPostgres();
  const { sql, close } = connectDatabase({ url: createSecret(place.url) });
  onTestFinished(async () => {
    await sql(`SET lock_timeout = '20s'; DROP SCHEMA IF EXISTS ${place.schema} CASCADE`);
    await close();
  });
  return place;
}

export async function open(
  place: { url: string; schema: string },
  options: Partial<PostgresOptions> = {},
): Promise<HistoryStore> {
  const store = await openPostgresStore({
    url: createSecret(place.url),
    schema: place.schema,
    keepDays: 30,
    wholeDays: EXACT,
    ...options,
  });
  onTestFinished(() => store.close());
  return store;
}

/** For what only an administrator sees. */
export function admin(url: string): Database {
  const database = connectDatabase({ url: createSecret(url) });
  onTestFinished(() => database.close());
  return database;
}
