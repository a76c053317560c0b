import { join } from 'node:path';
import { type HistoryStore, openHistory } from '@ringback/history';
import { type PrivatePostgres, prepareTestPostgres, runPrivatePostgres } from '@ringback/testkit/bare';
import type { Setup } from './setup.ts';

/** Where a scenario has its history. */
export type HistoryPlace = {
  /** The section `history` of the settings. */
  readonly settings: Readonly<Record<string, string>>;
  /** The caller closes it. */
  readonly open: () => Promise<HistoryStore>;
  /** Absent: SQLite, in the folder of the settings. */
  readonly postgres?: PrivatePostgres;
};

type OnClose = (closer: () => Promise<unknown>) => void;

const PREPARED_WITHIN_MS = 300_000;

export async function openHistoryPlace(
  history: Setup['history'],
  folder: string,
  onClose: OnClose,
): Promise<HistoryPlace | undefined> {
  if (!history) return undefined;
  if (history === 'postgres') return onPostgres(folder, onClose);
  const place = { store: 'sqlite', path: join(folder, 'history.sqlite') } as const;
  return { settings: { ...place, ...(history !== true && history) }, open: () => openHistory(place, { folder }) };
}

async function onPostgres(folder: string, onClose: OnClose): Promise<HistoryPlace> {
  const prepared = await prepareTestPostgres(AbortSignal.timeout(PREPARED_WITHIN_MS));
  onClose(() => prepared.remove());
  const postgres = await runPrivatePostgres(prepared);
  onClose(() => postgres.remove());
  const { url } = postgres;
  const open = () => openHistory({ store: 'postgres', url: { reveal: () => url } }, { folder });
  return { settings: { store: 'postgres', url }, open, postgres };
}
