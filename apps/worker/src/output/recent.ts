import type { Attempted } from './attempt.ts';
import type { BreakerState } from './breaker.ts';

/** What an output did last, by this process's own attempts. Ages in ms. */
export type Recent = {
  /** How long the breaker has been closed, or how long it has not. A probe that fails does not begin that anew. */
  readonly breakerFor: number;
  readonly deliveredAgo?: number;
  readonly failed?: { readonly ago: number; readonly reason: string };
};

/** For people who ask how an output is. `now`: monotonic, ms. */
export function createRecent(now: () => number) {
  let changedAt = now();
  let breaker: BreakerState = 'closed';
  let deliveredAt: number | undefined;
  let failed: { readonly at: number; readonly reason: string } | undefined;
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
