import type { TestProject } from 'vitest/node';
import { prepareTestPostgres, runPrivatePostgres } from '@ringback/testkit/bare';

const FOUND_WITHIN_MS = 300_000;
/** Tests that need durability start servers of their own. */
const SETTINGS = ['fsync=off', 'full_page_writes=off', 'max_connections=200', 'shared_buffers=64MB'];

/** Global setup: one real PostgreSQL for the run, and how to start private ones. Without one the run fails. */
export async function setUpPostgres(project: TestProject): Promise<() => Promise<void>> {
  const prepared = await prepareTestPostgres(AbortSignal.timeout(FOUND_WITHIN_MS));
  const server = await runPrivatePostgres(prepared, SETTINGS);
  process.stdout.write(`PostgreSQL for the tests: ${prepared.spec.label}, on port ${server.port}\n`);
  const { spec, template, password } = prepared;
  project.provide('postgresUrl', server.url);
  project.provide('postgres', { spec, template, password });
  return async () => {
    await Promise.all([server.remove(), prepared.remove()]);
  };
}
