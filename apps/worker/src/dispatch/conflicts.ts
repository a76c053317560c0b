import type { Callback, Logger } from '@ringback/contracts';
import type { Quarantine, RouteCounts } from '@ringback/queue';
import { countUnkept, quarantineEntry } from './quarantine-entry.ts';

const CODE = 'RB_REQUEST_ID_REUSED';

export type ConflictDeps = {
  readonly quarantine: Quarantine;
  readonly counts: Pick<RouteCounts, 'unkept'>;
  readonly logger: Logger;
};

/**
 * The requestID is taken with another body. A replayed one is kept even without room. May be run again. Resolves to
 * what counts and reports: that MUST wait until the whole batch is settled.
 */
export function createConflictKeeper(deps: ConflictDeps) {
  const { quarantine, counts, logger } = deps;
  return async (conflicts: readonly Callback[], replayed: boolean): Promise<() => Promise<void>> => {
    if (conflicts.length === 0) return async () => {};
    const entries = conflicts.map((callback) => quarantineEntry(callback, CODE, 'same requestID, other body'));
    const kept = await quarantine.keep(entries, { always: replayed });
    return async () => {
      await counts.unkept(countUnkept(entries, kept));
      for (const [index, { id: requestID, source, account, type }] of conflicts.entries()) {
        const line = { code: CODE, requestID, source, account, type, quarantined: kept[index] };
        logger.warn(line, 'same requestID, other body');
      }
    };
  };
}
