import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ENTRIES = {
  ingress: 'apps/ingress/src/main.ts',
  worker: 'apps/worker/src/main.ts',
  cli: 'apps/cli/src/main.ts',
  'history-thread': 'apps/worker/src/history/thread.ts',
};
/** Parts that others load if they are there. */
const OPTIONAL = new Set(['msgpackr-extract', 'pg-native', 'bufferutil', 'utf-8-validate']);

/**
 * Global setup: bundles the apps with all that they import. A process of 2,300 modules takes three times as
 * much CPU to start as one of a few files, and the tests start hundreds of them.
 */
export async function setUpApps(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'ringback-apps-'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  const build = await rolldown({
    cwd: ROOT,
    input: Object.fromEntries(Object.entries(ENTRIES).map(([name, path]) => [name, join(ROOT, path)])),
    platform: 'node',
    external: (specifier) => OPTIONAL.has(specifier),
    onLog: (level, log) => {
      if (level === 'warn') throw new Error(log.message);
    },
  });
  await build.write({ dir: folder, format: 'esm', chunkFileNames: '[name]-[hash].js' });
  await build.close();
  // vitest's workers inherit it, and the testkit starts the apps from there.
  process.env['RINGBACK_TEST_APPS'] = folder;
  return () => rm(folder, { recursive: true, force: true, maxRetries: 20 });
}
