import { type Callback, callbackKey, type Logger, type QuarantinedCallback } from '@ringback/contracts';
import type { Ledger } from '@ringback/ledger';
import { HandBack, type Quarantine } from '@ringback/queue';
import { type BusinessKeyOf, businessLedgerKey } from './repeats.ts';

/** A callback that no route matched, and for which a condition took too long. `reason` names routes and conditions. */
export type Overrun = { readonly callback: Callback; readonly reason: string };

export type OverrunDeps = {
  readonly quarantine: Quarantine;
  readonly ledger: Pick<Ledger, 'release'>;
  readonly businessKeyOf: BusinessKeyOf;
  readonly logger: Logger;
};

/** A full quarantine needs a person: the batch looks again after so long. */
const LOOK_AGAIN_MS = 30_000;

/**
 * Keeps callbacks whose routing could not be judged. MUST keep them before it gives up their claims, without which a replay would be a duplicate. Safe to be run again.
 * @throws HandBack when the quarantine is full: then the batch waits, for an acked callback MUST NOT end in a log line only.
 */
export function createOverrunKeeper({ quarantine, ledger, businessKeyOf, logger }: OverrunDeps) {
  const keysOf = (callback: Callback) =>
    [callbackKey(callback), businessLedgerKey(callback, businessKeyOf(callback)) ?? []].flat();

  return async (batch: string, overruns: readonly Overrun[]): Promise<void> => {
    if (overruns.length === 0) return;
    const kept = await quarantine.keep(overruns.map(quarantineEntry));
    await ledger.release(
      batch,
      overruns.flatMap(({ callback }, index) => (kept[index] ? keysOf(callback) : [])),
    );
    for (const [index, { callback, reason }] of overruns.entries()) {
      const { id: requestID, source, account, type } = callback;
      const line = { code: 'RB_CONDITION_OVERRUN', requestID, source, account, type, reason, quarantined: kept[index] };
      logger.error(line, 'a condition took too long, and no route matched');
    }
    if (!kept.every(Boolean)) throw new HandBack({ afterMs: LOOK_AGAIN_MS });
  };
}

function quarantineEntry({ callback, reason }: Overrun): QuarantinedCallback {
  const { id, source, account, time, receivedAt, body } = callback;
  const common = { v: 1, id, source, account, time, receivedAt, body, encoding: 'utf8' } as const;
  return { ...common, code: 'RB_CONDITION_OVERRUN', reason: `RB_CONDITION_OVERRUN: ${reason}` };
}
