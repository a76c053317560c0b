import type { TestProject } from 'vitest/node';
import { setUpPostgres } from './test-postgres.ts';
import { setUpRedis } from './test-redis.ts';

/** Global setup: the servers that tests share. Both at once: a run of one file waits for them as well. */
export default async function setUpServers(project: TestProject): Promise<() => Promise<void>> {
  const stops = await Promise.all([setUpRedis(project), setUpPostgres(project)]);
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}
