import type { TestProject } from 'vitest/node';
import { setUpApps } from './test-apps.ts';
import { setUpCompiled } from './test-compiled.ts';
import { setUpPostgres } from './test-postgres.ts';
import { setUpRedis } from './test-redis.ts';

/** Global setup: what tests share. All at once: a run of one file waits for them as well. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const stops = await Promise.all([setUpRedis(project), setUpPostgres(project), setUpApps(), setUpCompiled()]);
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}
