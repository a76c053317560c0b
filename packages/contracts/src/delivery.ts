import type { Callback, TraceHeaders } from './callback.ts';

/** A callback on its way to one output. */
export type Delivery = {
  readonly callback: Callback;
  readonly output: string;
  /** The same for every attempt and every duplicate of the callback. */
  readonly idempotencyKey: string;
  /** From 1. */
  readonly attempt: number;
  /** Of this attempt. Only with `tracing`. */
  readonly trace?: TraceHeaders | undefined;
};

/** `ours`: a bug, or an unreadable payload. */
export type Fault = 'theirs' | 'ours';

/**
 * `unavailable` (no complete answer in time, 429, 502, 503, 504) costs a delivery time. `error` costs an
 * attempt. `unreadable` (we cannot decrypt the body) costs time, and says nothing of the destination.
 */
export type Failure = 'unavailable' | 'error' | 'unreadable';

/**
 * `answer`: the first bytes of a refusal, without parts of URL and headers. May hold personal data: MUST NOT be logged.
 * `status`: of HTTP.
 */
type Answer = { readonly answer?: string | undefined; readonly status?: number | undefined };

/**
 * The result of one attempt. `reason` and `detail` are logged: they MUST hold no secret and no personal data.
 */
export type DeliveryResult =
  | { readonly outcome: 'delivered'; readonly detail?: string; readonly status?: number | undefined }
  /** `afterMs`: the least wait, if the destination asked for one. `fault` defaults to theirs. */
  | (Answer & {
      readonly outcome: 'retry';
      readonly failure: Failure;
      readonly reason: string;
      readonly afterMs?: number;
      readonly fault?: Fault;
    })
  /** No further attempt. */
  | (Answer & { readonly outcome: 'dead'; readonly reason: string; readonly fault?: Fault });
