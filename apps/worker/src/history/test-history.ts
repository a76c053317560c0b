import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHistory } from '@ringback/history';
import { onTestFinished } from 'vitest';

/** A history of its own. */
export async function openTestHistory() {
  const folder = await mkdtemp(join(tmpdir(), 'ringback-history-'));
  const store = await openHistory({ store: 'sqlite', path: 'history.sqlite' }, { folder });
  onTestFinished(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  return store;
}
