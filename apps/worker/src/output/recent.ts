import type { Attempted } from './attempt.ts';
import type { BreakerState } from './breaker.ts';

/** What an output did last, by this process's own attempts. Ages in ms. */
export type Recent = {
  /** How long the breaker has been closed, or how long it has not. A probe that fails does not begin that anew. */
  readonly breakerFor: number;
  readonly deliveredAgo?: number;
  readonly failed?: { readonly ago: number; readonly reason: string };
};

type Before = { readonly recent: () => Recent; readonly breaker: { readonly state: () => BreakerState } };

/** For people. `now`: monotonic, ms. `before`: the same output under earlier settings. */
export function createRecent(now: () => number, before?: Before) {
  const { breakerFor = 0, deliveredAgo, failed: failedBefore }: Partial<Recent> = before?.recent() ?? {};
  let changedAt = now() - breakerFor;
  let breaker: BreakerState = before?.breaker.state() ?? 'closed';
  let deliveredAt = deliveredAgo === undefined ? undefined : now() - deliveredAgo;
  let failed = failedBefore && { at: now() - failedBefore.ago, reason: failedBefore.reason };
  return {
    breakerIs(state: BreakerState): void {
      if ((state === 'closed') !== (breaker === 'closed')) changedAt = now();
      breaker = state;
    },
    attempted({ result }: Pick<Attempted, 'result'>): void {
      if (result.outcome === 'delivered') deliveredAt = now();
      else failed = { at: now(), reason: result.reason };
    },
    read(): Recent {
      return {
        breakerFor: now() - changedAt,
        ...(deliveredAt !== undefined && { deliveredAgo: now() - deliveredAt }),
        ...(failed && { failed: { ago: now() - failed.at, reason: failed.reason } }),
      };
    },
  };
}
