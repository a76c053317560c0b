/** The bounds of a wait, in ms. */
export type BackoffBounds = { readonly minDelay: number; readonly maxDelay: number };

/** A delivery whose destination is away fails thousands of times: 0 times infinity would be no number. */
const MAX_DOUBLINGS = 50;

/** Batches fail by our own trouble only, most often Redis: look again soon, and never rarely. */
export const BATCH_BACKOFF: BackoffBounds = { minDelay: 1000, maxDelay: 30_000 };

/**
 * The wait before the next attempt, in ms: doubles from `minDelay` up to `maxDelay`, of which the upper half is random, so that deliveries that failed
 * together do not come back together. `attempt` is the number of attempts made (1 or more). What the destination asked for (`afterMs`) is never undercut.
 */
export function backoff({ minDelay, maxDelay }: BackoffBounds, attempt: number, afterMs = 0, random = Math.random): number {
  const full = Math.min(maxDelay, minDelay * 2 ** Math.min(attempt - 1, MAX_DOUBLINGS));
  const jittered = Math.round(full / 2 + (random() * full) / 2);
  return Math.max(jittered, afterMs);
}
