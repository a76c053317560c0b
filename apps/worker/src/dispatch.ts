import { bodyDigest, type Callback, callbackKey, type Logger } from '@ringback/contracts';
import type { Claim, Ledger } from '@ringback/ledger';
import type { Quarantine, RouteCounts, TakenBatch } from '@ringback/queue';
import type { Router } from '@ringback/routing';
import { createConflictKeeper } from './conflicts.ts';
import type { FanOut } from './fan-out.ts';
import { type BusinessKeyOf, createBusinessDedupe, type WithoutDuplicates } from './business-duplicates.ts';
import { routeAll, type Routed } from './route-all.ts';
import { createUnroutedKeeper } from './unrouted.ts';

export type DispatchDeps = {
  readonly ledger: Pick<Ledger, 'claim' | 'renew' | 'release'>;
  readonly router: Router;
  /** MUST be safe to run again. */
  readonly fanOut: FanOut;
  readonly quarantine: Quarantine;
  readonly unroutedQuarantine: Quarantine;
  readonly counts: RouteCounts;
  readonly businessKeyOf: BusinessKeyOf;
  readonly nearlyFull: () => boolean;
  /** By Redis's clock: another worker compares it. */
  readonly now: () => number;
  readonly logger: Logger;
};

/**
 * dedupe → route → one delivery per output. May be interrupted and run again: claims name their batch, job
 * ids derive from it, the ledger has the outcomes of finished jobs.
 */
export function createDispatch(deps: DispatchDeps): (batch: TakenBatch) => Promise<void> {
  const { ledger, router, fanOut, counts, now, logger } = deps;
  const keepConflicts = createConflictKeeper(deps);
  const keepUnrouted = createUnroutedKeeper(deps);
  const dropBusinessDuplicates = createBusinessDedupe(deps);

  return async (batch) => {
    const { id, callbacks } = batch;
    // MUST come before the claims, which hold from then on.
    const since = now();
    const inBatch = collapse(callbacks);
    const claimed = await claimAll(ledger, id, inBatch.unique);
    const { fresh, businessDuplicates } = await dropBusinessDuplicates(id, claimed('ours', 'again'));
    const conflicts = [...inBatch.conflicts, ...claimed('conflict')];

    const routed = await routeAll(router, fresh);
    const { perOutput, dropped, unrouted } = routed;
    const again = claimed('again').length > 0;
    // The batch may have waited long: its outcomes MUST stay known.
    if (again) await ledger.renew(id, [...perOutput.keys()]);
    await fanOut({ id, again, since }, perOutput);
    await keepConflicts(conflicts, batch.replayed === true);
    await keepUnrouted(batch, unrouted);
    // MUST be last: a repeated batch is counted once.
    await counts.dropped(dropped);

    report(logger, {
      id,
      callbacks,
      fresh,
      businessDuplicates,
      duplicates: [...inBatch.duplicates, ...claimed('duplicate')],
      conflicts,
      ...routed,
    });
  };
}

type Dispatched = TakenBatch & Routed & WithoutDuplicates & { readonly duplicates: Callback[]; readonly conflicts: Callback[] };

function report(
  logger: Logger,
  { id, callbacks, fresh, businessDuplicates, duplicates, conflicts, perOutput, dropped, unrouted, conditionErrors }: Dispatched,
): void {
  const line = {
    batch: id,
    callbacks: callbacks.length,
    requestIDs: fresh.map((callback) => callback.id),
    duplicates: duplicates.map((callback) => callback.id),
    ...(businessDuplicates.length > 0 && { businessDuplicates: businessDuplicates.map((callback) => callback.id) }),
    conflicts: conflicts.length,
    unrouted: unrouted.length,
    ...(dropped.size > 0 && { dropped: Object.fromEntries(dropped) }),
    deliveries: Object.fromEntries([...perOutput].map(([output, routed]) => [output, routed.length])),
    ...(conditionErrors.length > 0 && { conditionErrors }),
  };
  logger.info(line, 'batch dispatched');
}

/** The returned function selects callbacks by verdict. */
async function claimAll(ledger: Pick<Ledger, 'claim'>, batchId: string, callbacks: ReadonlyMap<string, Callback>) {
  const claims = await ledger.claim(
    batchId,
    [...callbacks].map(([key, { body }]) => ({ key, digest: bodyDigest(body) })),
  );
  return (...verdicts: Claim[]) =>
    [...callbacks.values()].filter((_, index) => verdicts.some((verdict) => verdict === claims[index]));
}

type Collapsed = { unique: Map<string, Callback>; duplicates: Callback[]; conflicts: Callback[] };

/** Within a batch the first callback with a key counts. */
function collapse(callbacks: readonly Callback[]): Collapsed {
  const unique = new Map<string, Callback>();
  const duplicates: Callback[] = [];
  const conflicts: Callback[] = [];
  for (const callback of callbacks) {
    const key = callbackKey(callback);
    const first = unique.get(key);
    if (!first) unique.set(key, callback);
    else if (first.body === callback.body) duplicates.push(callback);
    else conflicts.push(callback);
  }
  return { unique, duplicates, conflicts };
}
