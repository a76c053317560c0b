import { type Config, settingsFile } from '@ringback/config';
import { RingbackError } from '@ringback/contracts';
import type { HistoryStore, RestStore } from '@ringback/history';
import type { Env } from './load-settings.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { openHistoryOf } from './with-history.ts';

export type HistoryOf = {
  readonly env: Env;
  readonly config: string | undefined;
  readonly settings: Config;
  /** As `withHistory`. */
  readonly tellNone?: ((line: string) => void) | undefined;
};

/** Undefined: the settings have none. @throws RingbackError RB_HISTORY_UNAVAILABLE or RB_HISTORY_UNUSABLE */
export async function withResting<T>(of: HistoryOf, work: (rest: RestStore | undefined) => Promise<T>): Promise<T> {
  const history = await openHistoryOf(of.settings, of.config ?? settingsFile(of.env), of);
  try {
    return await work(history?.rest);
  } finally {
    await history?.close();
  }
}

/** For lists, which go on without it. `away`: in words, why it does not answer. */
export async function askHistory<T>(
  of: HistoryOf,
  ask: (history: HistoryStore) => Promise<T>,
): Promise<{ readonly answer?: T; readonly away?: string }> {
  try {
    const history = await openHistoryOf(of.settings, of.config ?? settingsFile(of.env), of);
    if (history === undefined) return {};
    try {
      return { answer: await ask(history) };
    } finally {
      await history.close();
    }
  } catch (error) {
    if (error instanceof RingbackError) return { away: `history: ${error.code}: ${error.message}` };
    throw error;
  }
}

/** For lists: without it, `work` goes on and the command fails. */
export async function withRestingIfThere(
  { terminal, ...of }: HistoryOf & { readonly terminal: Terminal },
  work: (rest: RestStore | undefined) => Promise<boolean | void>,
): Promise<boolean> {
  const { away } = await askHistory({ ...of, tellNone: terminal.err }, async () => {});
  if (away === undefined) return (await withResting({ ...of, tellNone: () => {} }, work)) ?? true;
  await work(undefined);
  terminal.err(`left out: ${away}`);
  return false;
}
