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

/**
 * What one attempt came to. An expected failure is a value: outputs return it, and one place (`packages/queue`) turns it into queue behaviour.
 * `reason` and `detail` go to logs and dead letters, so they MUST hold no secret and no personal data.
 */
export type DeliveryResult =
  | { readonly outcome: 'delivered'; readonly detail?: string }
  /** Try again, not before `afterMs` where the destination asked for it. */
  | { readonly outcome: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** The destination refused it for good. */
  | { readonly outcome: 'dead'; readonly reason: string };
