import type { Callback, Logger, QuarantinedCallback } from '@ringback/contracts';
import type { Quarantine } from '@ringback/queue';

const CODE = 'RB_REQUEST_ID_REUSED';
const REASON = `${CODE}: same requestID, other body`;

export type ConflictDeps = { readonly quarantine: Quarantine; readonly logger: Logger };

/** Refuses callbacks whose requestID was taken with another body: each is a duplicate by its identity, and kept for a person to see. Safe to be run again. */
export function createConflictKeeper({ quarantine, logger }: ConflictDeps): (conflicts: readonly Callback[]) => Promise<void> {
  return async (conflicts) => {
    if (conflicts.length === 0) return;
    const kept = await quarantine.keep(conflicts.map(quarantineEntry));
    for (const [index, { id: requestID, source, account, type }] of conflicts.entries()) {
      const line = { code: CODE, requestID, source, account, type, quarantined: kept[index] };
      logger.warn(line, 'same requestID, other body');
    }
  };
}

function quarantineEntry({ id, source, account, time, receivedAt, body }: Callback): QuarantinedCallback {
  return { v: 1, id, source, account, time, receivedAt, body, encoding: 'utf8', code: CODE, reason: REASON };
}
