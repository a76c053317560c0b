import { setImmediate } from 'node:timers/promises';
import { bodyDigest, type Callback, callbackKey, type Logger } from '@ringback/contracts';
import type { Claim, Ledger } from '@ringback/ledger';
import type { Quarantine, TakenBatch } from '@ringback/queue';
import type { Router } from '@ringback/routing';
import { createConflictKeeper } from './conflicts.ts';
import { createOverrunKeeper, type Overrun } from './overruns.ts';
import type { FanOut } from './fan-out.ts';
import { type BusinessKeyOf, createSieve, type Sifted } from './repeats.ts';

/** How long routing may go on before others get their turn. */
const ROUTES_AT_ONCE_MS = 20;

export type DispatchDeps = {
  readonly ledger: Pick<Ledger, 'claim' | 'renew' | 'release'>;
  readonly router: Router;
  /** Queues the deliveries of a batch. MUST be safe to be cut off and run again. */
  readonly fanOut: FanOut;
  readonly quarantine: Quarantine;
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
  const { ledger, router, fanOut, now, logger } = deps;
  const keepConflicts = createConflictKeeper(deps);
  const keepOverruns = createOverrunKeeper(deps);
  const sift = createSieve(deps);

  return async ({ id, callbacks }) => {
    // Before the claims are asked for: what they say is true of this moment.
    const since = now();
    const { unique, copies, contradictions } = collapse(callbacks);
    const claimed = await claimAll(ledger, id, unique);
    const { fresh, repeats } = await sift(id, claimed('ours', 'again'));
    const conflicts = [...contradictions, ...claimed('conflict')];

    const { perOutput, unrouted, overruns, conditionErrors } = await routeAll(router, fresh);
    const again = claimed('again').length > 0;
    // It may have waited for long: what it has delivered MUST be known for as long as it is run.
    if (again) await ledger.renew(id, [...perOutput.keys()]);
    await fanOut({ id, again, since }, perOutput);
    await keepConflicts(conflicts);
    await keepOverruns(id, overruns);

    report(logger, {
      id,
      callbacks,
      fresh,
      repeats,
      duplicates: [...copies, ...claimed('duplicate')],
      conflicts,
      perOutput,
      unrouted,
      overruns,
      conditionErrors,
    });
  };
}

type Dispatched = TakenBatch & Routed & Sifted & { readonly duplicates: Callback[]; readonly conflicts: Callback[] };

/** The one line of a batch, and one for each callback that goes nowhere: never silent. */
function report(
  logger: Logger,
  { id, callbacks, fresh, repeats, duplicates, conflicts, perOutput, unrouted, overruns, conditionErrors }: Dispatched,
): void {
  for (const { id: requestID, source, account, type } of unrouted)
    logger.warn({ requestID, source, account, type }, 'no route matched');
  const line = {
    batch: id,
    callbacks: callbacks.length,
    requestIDs: fresh.map((callback) => callback.id),
    duplicates: duplicates.map((callback) => callback.id),
    ...(repeats.length > 0 && { repeats: repeats.map((callback) => callback.id) }),
    conflicts: conflicts.length,
    unrouted: unrouted.length,
    ...(overruns.length > 0 && { overruns: overruns.length }),
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

type Collapsed = { unique: Map<string, Callback>; copies: Callback[]; contradictions: Callback[] };

/** Copies within one batch are one callback: the first. One with another body contradicts it. */
function collapse(callbacks: readonly Callback[]): Collapsed {
  const unique = new Map<string, Callback>();
  const copies: Callback[] = [];
  const contradictions: Callback[] = [];
  for (const callback of callbacks) {
    const key = callbackKey(callback);
    const first = unique.get(key);
    if (!first) unique.set(key, callback);
    else if (first.body === callback.body) copies.push(callback);
    else contradictions.push(callback);
  }
  return { unique, copies, contradictions };
}

type Routed = { perOutput: Map<string, Callback[]>; unrouted: Callback[]; overruns: Overrun[]; conditionErrors: string[] };

/** Conditions are bounded, but many that come near their bound would together keep the process from its health checks and locks. */
async function routeAll(router: Router, callbacks: readonly Callback[]): Promise<Routed> {
  const perOutput = new Map<string, Callback[]>();
  const unrouted: Callback[] = [];
  const overruns: Overrun[] = [];
  const conditionErrors = new Set<string>();
  let since = performance.now();
  for (const callback of callbacks) {
    if (performance.now() - since > ROUTES_AT_ONCE_MS) {
      await setImmediate();
      since = performance.now();
    }
    const { outputs, conditionErrors: errors, overran } = router.route(callback);
    for (const error of errors) conditionErrors.add(error);
    if (outputs.length === 0 && overran) overruns.push({ callback, reason: errors.join('; ') });
    else if (outputs.length === 0) unrouted.push(callback);
    for (const output of outputs) {
      const routed = perOutput.get(output);
      if (routed) routed.push(callback);
      else perOutput.set(output, [callback]);
    }
  }
  return { perOutput, unrouted, overruns, conditionErrors: [...conditionErrors] };
}
