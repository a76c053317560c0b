import { setTimeout as delay } from 'node:timers/promises';
import { problemOf } from '@ringback/history';
import type { HistoryWork } from './work.ts';

const EVERY_MS = 3_600_000;

type PruneWork = Pick<HistoryWork, 'stop' | 'logger'> & {
  readonly store: Pick<HistoryWork['store'], 'prune'>;
  readonly config: { readonly history: Pick<HistoryWork['config']['history'], 'keep' | 'keepBodies'> };
};

/** Removes what is older than the settings say: now, and once an hour. Several processes may do it at once. */
export async function prune({ store, config: { history }, stop, logger }: PruneWork): Promise<void> {
  while (!stop.aborted) {
    const now = Date.now();
    try {
      const pruned = await store.prune({ before: now - history.keep, bodiesBefore: now - history.keepBodies });
      if (pruned.callbacks + pruned.bodies > 0) logger.info({ ...pruned }, 'the history was pruned');
    } catch (error) {
      logger.warn(problemOf(error), 'the history cannot be pruned now');
    }
    await delay(EVERY_MS, undefined, { signal: stop }).catch(() => {});
  }
}
