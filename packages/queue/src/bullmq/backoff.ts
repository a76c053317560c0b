/** The bounds of a wait, in ms. */
export type BackoffBounds = { readonly minDelay: number; readonly maxDelay: number };

/** A delivery may fail thousands of times, and 0 × Infinity is not a number. */
const MAX_DOUBLINGS = 50;

/** Batches fail by our own trouble, mostly Redis: look again soon and often. */
export const BATCH_BACKOFF: BackoffBounds = { minDelay: 1000, maxDelay: 30_000 };

/**
 * ms until the next attempt: doubles from `minDelay` to `maxDelay`. The upper half is random, so that deliveries which
 * failed together come back apart. `attempt`: attempts made (1 or more). Never less than `afterMs`.
 */
export function backoff({ minDelay, maxDelay }: BackoffBounds, attempt: number, afterMs = 0, random = Math.random): number {
  const full = Math.min(maxDelay, minDelay * 2 ** Math.min(attempt - 1, MAX_DOUBLINGS));
  const jittered = Math.round(full / 2 + (random() * full) / 2);
  return Math.max(jittered, afterMs);
}
