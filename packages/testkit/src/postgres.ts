import { randomUUID } from 'node:crypto';
import type { PreparedPostgres } from '@ringback/postgres-server';
import { inject } from 'vitest';
import { type PrivatePostgres, runPrivatePostgres } from './private-postgres.ts';
import { removeAfterTest } from './redis.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Set by the global setup. */
    postgresUrl: string;
    postgres: PreparedPostgres;
  }
}

/** The run's server, as superuser, and the name of a schema that is not there. */
export function testPostgres(): { url: string; schema: string } {
  return { url: inject('postgresUrl'), schema: `test_${randomUUID().replaceAll('-', '_')}` };
}

/** Removed after the test; outside a test it lives until `remove()`. @throws Error with PostgreSQL's words */
export async function startPostgresServer(settings: readonly string[] = []): Promise<PrivatePostgres> {
  const server = await runPrivatePostgres(inject('postgres'), settings);
  removeAfterTest(() => server.remove());
  return server;
}
