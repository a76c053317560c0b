import type { Callback } from './callback.ts';

/** A callback on its way to one output. */
export type Delivery = {
  readonly callback: Callback;
  /** Name of the configured output. */
  readonly output: string;
  /** The same for every attempt and every duplicate of the callback. */
  readonly idempotencyKey: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
};

/** Whose doing a failure is: the destination's, or (a bug, an unreadable payload) our own. */
export type Fault = 'theirs' | 'ours';

/**
 * What a failure costs a delivery. `unavailable`: time only, because the destination did not take part (no connection, no complete answer in time, or 429, 502, 503, 504).
 * `error`: an attempt, because it answered and refused for now.
 */
export type Failure = 'unavailable' | 'error';

/** The first bytes of a refusal, less what it repeats of URL and headers: kept with the dead letter, for a person who asks for it. It may hold personal data and MUST NOT be logged. */
type Answer = { readonly answer?: string | undefined };

/**
 * What one attempt came to. An expected failure is a value: outputs return it, and one place (`packages/queue`) turns it into queue behaviour.
 * `reason` and `detail` go to logs and dead letters, so they MUST hold no secret and no personal data.
 */
export type DeliveryResult =
  | { readonly outcome: 'delivered'; readonly detail?: string }
  /** Try again, not before `afterMs` where the destination asked for it. `fault` is theirs unless it says ours. */
  | (Answer & {
      readonly outcome: 'retry';
      readonly failure: Failure;
      readonly reason: string;
      readonly afterMs?: number;
      readonly fault?: Fault;
    })
  /** Given up: refused by the destination for good, unless the fault is ours. */
  | (Answer & { readonly outcome: 'dead'; readonly reason: string; readonly fault?: Fault });
