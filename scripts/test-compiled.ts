import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Global setup: what Node compiled is kept for the run, so that each further process starts with less work. */
export async function setUpCompiled(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'ringback-compiled-'));
  // vitest's workers inherit it, and the testkit hands it to what the tests start.
  process.env['NODE_COMPILE_CACHE'] = folder;
  return () => rm(folder, { recursive: true, force: true, maxRetries: 20 });
}
