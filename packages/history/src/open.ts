import { resolve } from 'node:path';
import { openSqliteStore } from './sqlite/store.ts';
import type { HistoryStore } from './store.ts';

/** The part of the settings that says where the history is. */
export type HistoryPlace = { readonly store: 'sqlite' | 'postgres'; readonly path?: string | undefined };

export type OpenOptions = {
  /** Of the settings file: `path` counts from it. */
  readonly folder: string;
  /** ms that a call waits for another process's lock, in the thread that called. */
  readonly busyMs?: number | undefined;
};

/**
 * Opens the history of the settings; makes it if it is missing. @throws RingbackError RB_HISTORY_UNAVAILABLE (try again
 * later), RB_HISTORY_UNUSABLE (a person must act)
 */
export async function openHistory(place: HistoryPlace, { folder, busyMs }: OpenOptions): Promise<HistoryStore> {
  if (place.store === 'postgres') throw new Error('PostgreSQL is not there yet');
  return openSqliteStore({ path: resolve(folder, place.path ?? ''), busyMs });
}
