/** ms */
export type BackoffBounds = { readonly minDelay: number; readonly maxDelay: number };

/** 0 × Infinity is not a number. */
const MAX_DOUBLINGS = 50;

/** Batches fail by our own trouble, mostly Redis: look again soon. */
export const BATCH_BACKOFF: BackoffBounds = { minDelay: 1000, maxDelay: 30_000 };

/**
 * Doubles from `minDelay` to `maxDelay`; the upper half is random. `attempt`: made so far. Never less than
 * `afterMs`.
 */
export function backoff({ minDelay, maxDelay }: BackoffBounds, attempt: number, afterMs = 0, random = Math.random): number {
  const full = Math.min(maxDelay, minDelay * 2 ** Math.min(attempt - 1, MAX_DOUBLINGS));
  const jittered = Math.round(full / 2 + (random() * full) / 2);
  return Math.max(jittered, afterMs);
}
