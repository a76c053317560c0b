import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type AppOptions, type AppProcess, spawnApp } from './spawn-app.ts';

/** Killed at the end of the test. */
export function startApp(options: AppOptions): AppProcess {
  const app = spawnApp(options);
  onTestFinished(async () => {
    await app.stop('SIGKILL');
  });
  return app;
}

export async function writeSettings(yaml: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'ringback-settings-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const path = join(dir, 'ringback.yaml');
  await writeFile(path, yaml);
  return path;
}
