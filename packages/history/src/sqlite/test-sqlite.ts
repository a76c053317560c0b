import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { HistoryStore } from '../store/store.ts';
import type { OpenFile } from './open-file.ts';
import { openSqliteStore } from './store.ts';

export function historyPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-history-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'history.sqlite');
}

export function open(path: string, options: Partial<OpenFile> = {}): HistoryStore {
  const store = openSqliteStore({ path, ...options });
  onTestFinished(() => store.close());
  return store;
}
