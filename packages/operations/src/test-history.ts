import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callbackKey } from '@ringback/contracts';
import { type CallbackRow, type HistoryStore, NO_ROWS, openHistory } from '@ringback/history';
import { onTestFinished } from 'vitest';

/** A Tuesday. */
export const T = Date.UTC(2026, 10, 24, 9);

export async function openTestHistory(): Promise<HistoryStore> {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-operations-'));
  const store = await openHistory({ store: 'sqlite', path: 'history.sqlite' }, { folder });
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return store;
}

/** The callback number `i`, received `i` ms after T. */
export function keptRow(i: number, more: Partial<CallbackRow> = {}): CallbackRow {
  const identity = { id: `r-${i}`, source: 'callbot', account: 'main' };
  return {
    ...identity,
    type: 'callbot.call',
    time: T,
    receivedAt: T + i,
    key: callbackKey({ ...identity, ...more }),
    body: JSON.stringify({ n: i }),
    batch: `b${i}`,
    dispatchedAt: T + i,
    settings: 'digest',
    fate: { routes: [1], to: ['crm'] },
    subjects: {},
    ...more,
  };
}

export async function writeRows(store: HistoryStore, callbacks: readonly CallbackRow[]): Promise<void> {
  await store.write({ ...NO_ROWS, callbacks });
}
