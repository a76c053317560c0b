import { resolve } from 'node:path';
import { RingbackError } from '@ringback/contracts';
import { openSqliteStore } from './sqlite/store.ts';
import type { PostgresTls } from './postgres/tls.ts';
import type { HistoryStore } from './store/store.ts';

const DAY_MS = 86_400_000;
const MOST_KEPT_MS = 3650 * DAY_MS;
/** Kept for less, a day that goes as a whole would stay for a great part longer. */
const WHOLE_DAYS_FROM_MS = 2 * DAY_MS;

type Text = { readonly reveal: () => string };

/** The part of the settings that says where the history is, and how long it keeps what it has. */
export type HistoryPlace = {
  readonly store: 'sqlite' | 'postgres';
  readonly path?: string | undefined;
  readonly url?: Text | undefined;
  readonly schema?: string | undefined;
  readonly tls?:
    | {
        readonly ca?: Text | undefined;
        readonly cert?: Text | undefined;
        readonly key?: Text | undefined;
        readonly servername?: string | undefined;
      }
    | undefined;
  /** ms.*/
  readonly keep?: number | undefined;
  readonly keepBodies?: number | undefined;
};

export type OpenOptions = {
  /** Of the settings file: `path` counts from it. */
  readonly folder: string;
  /** ms that a call waits for another process's lock, in the thread that called. */
  readonly busyMs?: number | undefined;
  /** False: an SQLite file that is missing is not made. For what only reads. */
  readonly create?: boolean | undefined;
  /** For what only reads: an SQLite file that is missing is taken as an empty history, until there is one. Called with its path then. */
  readonly whenMissing?: ((path: string) => void) | undefined;
};

/**
 * Opens the history of the settings; makes it if it is missing, unless not to `create`. @throws RingbackError RB_HISTORY_UNAVAILABLE (try again
 * later), RB_HISTORY_UNUSABLE (a person must act)
 */
export async function openHistory(place: HistoryPlace, { folder, busyMs, ...options }: OpenOptions): Promise<HistoryStore> {
  if (place.store === 'sqlite') return openSqliteStore({ path: resolve(folder, place.path ?? ''), busyMs, ...options });
  // Most installations have no PostgreSQL, and need not load its driver.
  const { openPostgresStore } = await import('./postgres/store.ts');
  const { url, tls, schema = 'ringback', keep = MOST_KEPT_MS, keepBodies = keep } = place;
  if (url === undefined) throw new RingbackError('RB_HISTORY_UNUSABLE', 'history.url is missing: store: postgres needs it');
  const wholeDays = { callbacks: keep >= WHOLE_DAYS_FROM_MS, bodies: keepBodies >= WHOLE_DAYS_FROM_MS };
  return openPostgresStore({ url, tls, schema, keepDays: Math.ceil(keep / DAY_MS), wholeDays });
}

/** Undefined: a file, or without TLS. @throws RingbackError RB_HISTORY_UNUSABLE for the URL */
export async function tlsOfHistory({ url, tls }: HistoryPlace): Promise<PostgresTls | undefined> {
  if (url === undefined) return undefined;
  const { postgresTls } = await import('./postgres/tls.ts');
  return postgresTls({ url, tls });
}
