import { bodyDigest, type Callback, type Logger } from '@ringback/contracts';
import type { Claim, Ledger } from '@ringback/ledger';
import type { Quarantine, RouteCounts, TakenBatch } from '@ringback/queue';
import type { Router } from '@ringback/routing';
import { allSettled } from '../all-settled.ts';
import type { Claims } from './claims.ts';
import type { Dispatched as Counted } from '../metrics/dispatched.ts';
import { collapse, type Collapsed } from './collapse.ts';
import { createConflictKeeper } from './conflicts.ts';
import type { FanOut } from './fan-out.ts';
import type { HistoryEvents } from '../history/events.ts';
import { type BusinessKeyOf, createBusinessDedupe, type WithoutDuplicates } from './business-duplicates.ts';
import { createOpenable } from './openable.ts';
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
  /** Opens a body that is encrypted. Absent: none is. */
  readonly open?: ((callback: Callback) => Callback) | undefined;
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
  const { sharding, open = asItIs, now } = deps;
  const settleOwn = createOwnSettling(deps);
  const requireOpenable = createOpenable({ ...deps, open });
  return withDispatchTraces(deps.traces, async (batch, onSettled) => {
    requireOpenable(batch);
    // MUST come before the claims, which hold from then on.
    const since = now();
    const collapsed = collapse(batch.callbacks, open, sharding?.elsewhere);
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
  const { ledger, router, fanOut, counts, history, open = asItIs, logger } = deps;
  const keepConflicts = createConflictKeeper(deps);
  const keepUnrouted = createUnroutedKeeper(deps);
  const dropBusinessDuplicates = createBusinessDedupe(deps);

  return async (batch: TakenBatch, since: number, inBatch: Settling): Promise<() => Promise<void>> => {
    const { id, callbacks } = batch;
    const claimed = await claimAll(ledger, { batch: id, callbacks: inBatch.unique, open });
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

const asItIs = (callback: Callback) => callback;

type Claimable = {
  readonly batch: string;
  readonly callbacks: ReadonlyMap<string, Callback>;
  readonly open: typeof asItIs;
};

/** The returned function selects callbacks by verdict. */
async function claimAll(ledger: Pick<Ledger, 'claim'>, { batch, callbacks, open }: Claimable) {
  const claims = await ledger.claim(
    batch,
    [...callbacks].map(([key, callback]) => ({ key, digest: bodyDigest(open(callback).body) })),
  );
  return (...verdicts: Claim[]) =>
    [...callbacks.values()].filter((_, index) => verdicts.some((verdict) => verdict === claims[index]));
}

type Settling = Collapsed & { readonly onSettled: OnSettled };
