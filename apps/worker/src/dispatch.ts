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
  /** Queues the deliveries of a batch. MUST be safe to be cut off and run again. */
  readonly fanOut: FanOut;
  readonly quarantine: Quarantine;
  /** Where callbacks are kept that no route matches. */
  readonly unroutedQuarantine: Quarantine;
  readonly counts: RouteCounts;
  readonly businessKeyOf: BusinessKeyOf;
  /** ms since the epoch, by Redis's clock: another worker compares it. */
  readonly now: () => number;
  readonly logger: Logger;
};

/**
 * dedupe → route → one delivery per output. Safe to be cut off at any line and run again: claims name their batch, the delivery jobs' ids derive from it,
 * and where these jobs have come and gone, their outcomes are in the ledger. That it is done shows in the batch's own job: the queue removes it.
 */
export function createDispatch(deps: DispatchDeps): (batch: TakenBatch) => Promise<void> {
  const { ledger, router, fanOut, counts, now, logger } = deps;
  const keepConflicts = createConflictKeeper(deps);
  const keepUnrouted = createUnroutedKeeper(deps);
  const dropBusinessDuplicates = createBusinessDedupe(deps);

  return async (batch) => {
    const { id, callbacks } = batch;
    // Before the claims are asked for: what they say is true of this moment.
    const since = now();
    const inBatch = collapse(callbacks);
    const claimed = await claimAll(ledger, id, inBatch.unique);
    const { fresh, businessDuplicates } = await dropBusinessDuplicates(id, claimed('ours', 'again'));
    const conflicts = [...inBatch.conflicts, ...claimed('conflict')];

    const routed = await routeAll(router, fresh);
    const { perOutput, dropped, unrouted } = routed;
    const again = claimed('again').length > 0;
    // It may have waited for long: what it has delivered MUST be known for as long as it is run.
    if (again) await ledger.renew(id, [...perOutput.keys()]);
    await fanOut({ id, again, since }, perOutput);
    await keepConflicts(conflicts, batch.replayed === true);
    await keepUnrouted(batch, unrouted);
    // Last: a batch that is run again has its count only once, unless it ends right here.
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

/** The one line of a batch. */
function report(
  logger: Logger,
  { id, callbacks, fresh, businessDuplicates, duplicates, conflicts, perOutput, dropped, unrouted, conditionErrors }: Dispatched,
): void {
  const line = {
    batch: id,
    callbacks: callbacks.length,
    requestIDs: fresh.map((callback) => callback.id),
    duplicates: duplicates.map((callback) => callback.id),
    ...(businessDuplicates.length > 0 && { repeats: businessDuplicates.map((callback) => callback.id) }),
    conflicts: conflicts.length,
    unrouted: unrouted.length,
    ...(dropped.size > 0 && { dropped: Object.fromEntries(dropped) }),
    deliveries: Object.fromEntries([...perOutput].map(([output, routed]) => [output, routed.length])),
    ...(conditionErrors.length > 0 && { conditionErrors }),
  };
  logger.info(line, 'batch dispatched');
}

/** Claims all in one round trip; tells which of them got a verdict. */
async function claimAll(ledger: Pick<Ledger, 'claim'>, batchId: string, callbacks: ReadonlyMap<string, Callback>) {
  const claims = await ledger.claim(
    batchId,
    [...callbacks].map(([key, { body }]) => ({ key, digest: bodyDigest(body) })),
  );
  return (...verdicts: Claim[]) =>
    [...callbacks.values()].filter((_, index) => verdicts.some((verdict) => verdict === claims[index]));
}

type Collapsed = { unique: Map<string, Callback>; duplicates: Callback[]; conflicts: Callback[] };

/** Of the callbacks with one key within the batch the first counts. The same body again is a duplicate, another body a conflict. */
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
