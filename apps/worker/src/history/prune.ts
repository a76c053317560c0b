import { setTimeout as delay } from 'node:timers/promises';
import { RingbackError } from '@ringback/contracts';
import type { HistoryWork } from './work.ts';

const EVERY_MS = 3_600_000;

/** Removes what is older than the settings say: now, and once an hour. Several processes may do it at once. */
export async function prune({ store, config: { history }, stop, logger }: HistoryWork): Promise<void> {
  while (!stop.aborted) {
    const now = Date.now();
    try {
      const pruned = await store.prune({ before: now - history.keep, bodiesBefore: now - history.keepBodies });
      if (pruned.callbacks + pruned.bodies > 0) logger.info({ ...pruned }, 'the history was pruned');
    } catch (error) {
      const code = error instanceof RingbackError ? error.code : 'RB_INTERNAL';
      logger.warn({ code, reason: error instanceof Error ? error.message : 'unknown' }, 'the history cannot be pruned now');
    }
    await delay(EVERY_MS, undefined, { signal: stop }).catch(() => {});
  }
}
