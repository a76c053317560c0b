import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@ringback/contracts';
import { type HistoryStore, openHistory, problemOf } from '@ringback/history';
import type { HistoryConfig } from './work.ts';

const OPEN_AGAIN_AFTER_MS = { least: 200, most: 10_000 };

type OpenStoreOptions = {
  readonly place: HistoryConfig['history'];
  /** Of the settings file. */
  readonly folder: string;
  readonly stop: AbortSignal;
  readonly logger: Logger;
};

/** Tries until the store is open. Logs once that it is not. Undefined: `stop` came first. */
export async function openStore({ place, folder, stop, logger }: OpenStoreOptions): Promise<HistoryStore | undefined> {
  for (let failures = 0; !stop.aborted; failures += 1) {
    try {
      const store = await openHistory(place, { folder });
      if (failures > 0) logger.info({}, 'the history is open');
      return store;
    } catch (error) {
      if (failures === 0) logger.error(problemOf(error), 'the history cannot be opened: events wait in Redis');
      const { least, most } = OPEN_AGAIN_AFTER_MS;
      await delay(Math.min(most, least * 2 ** failures), undefined, { signal: stop }).catch(() => {});
    }
  }
  return undefined;
}
