import { bodyDigest, type Callback, callbackKey, type Logger } from '@ringback/contracts';
import type { Claim, Ledger } from '@ringback/ledger';
import type { Quarantine, RouteCounts, TakenBatch } from '@ringback/queue';
import type { Router } from '@ringback/routing';
import { allSettled } from '../all-settled.ts';
import type { Claims } from './claims.ts';
import type { Dispatched as Counted } from '../metrics/dispatched.ts';
import { createConflictKeeper } from './conflicts.ts';
import type { FanOut } from './fan-out.ts';
import type { HistoryEvents } from '../history/events.ts';
import { type BusinessKeyOf, createBusinessDedupe, type WithoutDuplicates } from './business-duplicates.ts';
import type { Elsewhere } from './pass-on.ts';
import { routeAll, type Routed } from './route-all.ts';
import { createUnroutedKeeper } from './unrouted.ts';
import { type OnSettled, withDispatchTraces } from './traced.ts';
import type { WorkerTraces } from '../traces.ts';

export type DispatchDeps = {
  /** Of the batch's own shard. */
  readonly ledger: Pick<Ledger, 'claim'>;
  /** Of all shards: what a callback is about belongs to another shard than itself. */
  readonly claims: Pick<Claims, 'claim' | 'release'>;
  /** Absent: there is one shard. */
  readonly sharding?: Sharding;
  readonly router: Router;
  /** MUST be safe to run again. */
  readonly fanOut: FanOut;
  readonly quarantine: Quarantine;
  readonly unroutedQuarantine: Quarantine;
  readonly counts: RouteCounts;
  /** Absent: there is no history. */
  readonly history?: Pick<HistoryEvents, 'dispatched'> | undefined;
  /** Absent: nothing is traced. */
  readonly traces?: Pick<WorkerTraces, 'dispatching'> | undefined;
  /** Counts callbacks of batches that are done. */
  readonly dispatched?: ((batch: Counted) => void) | undefined;
  readonly businessKeyOf: BusinessKeyOf;
  readonly nearlyFull: () => boolean;
  /** By Redis's clock: another worker compares it. */
  readonly now: () => number;
  readonly logger: Logger;
};

export type Sharding = {
  /** Undefined: the callback with this key belongs here. */
  readonly elsewhere: (key: string) => number | undefined;
  readonly passOn: (batch: TakenBatch, elsewhere: Elsewhere) => Promise<void>;
};

/**
 * dedupe → route → one delivery per output. May be interrupted and run again: claims name their batch, job
 * ids derive from it, the ledger has the outcomes of finished jobs.
 */
export function createDispatch(deps: DispatchDeps): (batch: TakenBatch) => Promise<void> {
  const { sharding, now } = deps;
  const settleOwn = createOwnSettling(deps);
  return withDispatchTraces(deps.traces, async (batch, onSettled) => {
    // MUST come before the claims, which hold from then on.
    const since = now();
    const collapsed = collapse(batch.callbacks, sharding?.elsewhere);
    const { elsewhere, unique } = collapsed;
    const own = unique.size === 0 && elsewhere.size > 0 ? undefined : settleOwn(batch, since, { ...collapsed, onSettled });
    // What is passed on MUST be there before this batch ends. Neither waits for the other.
    if (sharding !== undefined && elsewhere.size > 0)
      await allSettled([sharding.passOn(batch, elsewhere), ...(own ? [own] : [])]);
    const finish = await own;
    await finish?.();
  });
}

/**
 * Resolves once all that belongs here is settled, to what MUST be last of the whole batch: a batch that is repeated
 * is counted and reported once.
 */
function createOwnSettling(deps: DispatchDeps) {
  const { ledger, router, fanOut, counts, history, logger } = deps;
  const keepConflicts = createConflictKeeper(deps);
  const keepUnrouted = createUnroutedKeeper(deps);
  const dropBusinessDuplicates = createBusinessDedupe(deps);

  return async (batch: TakenBatch, since: number, inBatch: Settling): Promise<() => Promise<void>> => {
    const { id, callbacks } = batch;
    const claimed = await claimAll(ledger, id, inBatch.unique);
    const { fresh, businessDuplicates, undecided } = await dropBusinessDuplicates(id, claimed('ours', 'again'));
    const conflicts = [...inBatch.conflicts, ...claimed('conflict')];

    const duplicates = [...inBatch.duplicates, ...claimed('duplicate')];
    const routed = await routeAll(router, fresh, history && 'with fates');
    const { perOutput, dropped, unrouted, fates } = routed;
    const again = claimed('again').length > 0;
    // Beside the deliveries. MUST be there before the batch is done: a later run writes it again.
    const told = history?.dispatched({
      batch: id,
      again,
      at: since,
      fresh,
      fates,
      businessDuplicates,
      duplicates,
      conflicts,
    });
    await fanOut({ id, again, since, last: batch.last }, perOutput);
    const endConflicts = await keepConflicts(conflicts, batch.replayed === true);
    const endUnrouted = await keepUnrouted(batch, unrouted);
    await told;
    if (undecided) throw undecided;
    return async () => {
      await endConflicts();
      await endUnrouted();
      await counts.dropped(dropped);
      const dispatched = { id, callbacks, fresh, businessDuplicates, duplicates, conflicts, ...routed };
      report(logger, dispatched);
      deps.dispatched?.(countsOf(dispatched));
      inBatch.onSettled?.(dispatched);
    };
  };
}

type Dispatched = TakenBatch &
  Routed &
  Omit<WithoutDuplicates, 'undecided'> & { readonly duplicates: Callback[]; readonly conflicts: Callback[] };

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

function countsOf({ fresh, businessDuplicates, duplicates, conflicts, dropped, unrouted }: Dispatched): Counted {
  const droppedSum = [...dropped.values()].reduce((sum, count) => sum + count, 0);
  return {
    routed: fresh.length - droppedSum - unrouted.length,
    dropped: droppedSum,
    unrouted: unrouted.length,
    duplicates: duplicates.length,
    businessDuplicates: businessDuplicates.length,
    conflicts: conflicts.length,
  };
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

type Settling = Collapsed & { readonly onSettled: OnSettled };

type Collapsed = {
  readonly unique: Map<string, Callback>;
  readonly duplicates: Callback[];
  readonly conflicts: Callback[];
  /** Not looked into: that is up to their shard. */
  readonly elsewhere: Map<number, Callback[]>;
};

/** Within a batch the first callback with a key counts. */
function collapse(callbacks: readonly Callback[], elsewhereOf: Sharding['elsewhere'] = () => undefined): Collapsed {
  const collapsed: Collapsed = { unique: new Map(), duplicates: [], conflicts: [], elsewhere: new Map() };
  const { unique, duplicates, conflicts, elsewhere } = collapsed;
  for (const callback of callbacks) {
    const key = callbackKey(callback);
    const shard = elsewhereOf(key);
    if (shard !== undefined) {
      elsewhere.set(shard, [...(elsewhere.get(shard) ?? []), callback]);
      continue;
    }
    const first = unique.get(key);
    if (!first) unique.set(key, callback);
    else if (first.body === callback.body) duplicates.push(callback);
    else conflicts.push(callback);
  }
  return collapsed;
}
