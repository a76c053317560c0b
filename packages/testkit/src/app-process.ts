import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type AppOptions, type AppProcess, spawnApp } from './spawn-app.ts';

/** Says what is done at the end: by default of the test. */
export type AtEnd = (end: () => Promise<unknown>) => void;

export const atTestEnd: AtEnd = (end) =>
  onTestFinished(async () => {
    await end();
  });

/** Killed at the end. */
export function startApp(options: AppOptions, atEnd: AtEnd = atTestEnd): AppProcess {
  const app = spawnApp(options);
  atEnd(() => app.stop('SIGKILL'));
  return app;
}

export async function writeSettings(yaml: string, atEnd: AtEnd = atTestEnd): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'ringback-settings-'));
  atEnd(() => rm(dir, { recursive: true, force: true }));
  const path = join(dir, 'ringback.yaml');
  await writeFile(path, yaml);
  return path;
}
