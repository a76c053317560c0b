import { dirname } from 'node:path';
import { type Config, settingsFile } from '@ringback/config';
import { RingbackError } from '@ringback/contracts';
import { type HistoryStore, openHistory } from '@ringback/history';
import { type Env, loadSound } from './load-settings.ts';
import { requireNoneMade } from './none-made.ts';
import { openedHistory } from './opened-history.ts';

/** `create`: only for what fills it. SQLite would empty the log of a file that was moved away. */
type Opening = {
  readonly create?: boolean | undefined;
  /** For what only reads: before a worker has made the history it is empty, which this says in one line. */
  readonly tellNone?: ((line: string) => void) | undefined;
};
type Options = Opening & { readonly env: Env; readonly config: string | undefined };

export type OpenedHistory = { readonly settings: Config; readonly history: HistoryStore };

/**
 * For what asks the history alone. @throws RingbackError for unusable settings, RB_HISTORY_OFF, RB_HISTORY_UNAVAILABLE
 * or RB_HISTORY_UNUSABLE
 */
export async function withHistory<T>(
  { env, config, ...opening }: Options,
  work: (opened: OpenedHistory) => Promise<T>,
): Promise<T> {
  const path = config ?? settingsFile(env);
  const settings = loadSound({ path, env });
  const history = await openHistoryOf(settings, path, opening);
  if (history === undefined) throw historyOff();
  try {
    return await work({ settings, history });
  } finally {
    await history.close();
  }
}

/** Undefined: the settings have none. @throws as `withHistory` */
export async function openHistoryOf(
  settings: Config,
  settingsPath: string,
  { create = false, tellNone }: Opening = {},
): Promise<HistoryStore | undefined> {
  const { history, redis } = settings;
  if (history === undefined) return undefined;
  let emptyAt: string | undefined;
  const whenMissing = tellNone && ((path: string) => void (emptyAt = path));
  const store = await openHistory(history, { folder: dirname(settingsPath), create, whenMissing });
  if (tellNone === undefined || emptyAt === undefined) return openedHistory(store, settings);
  try {
    await requireNoneMade(redis, emptyAt);
  } catch (error) {
    await store.close();
    throw error;
  }
  tellNone(`no worker has made the history yet: there is nothing at ${emptyAt}`);
  return openedHistory(store, settings);
}

export function historyOff(): RingbackError {
  return new RingbackError('RB_HISTORY_OFF', 'the settings have no history: nothing is kept of what passed');
}
