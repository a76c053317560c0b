import type { Callback } from './callback.ts';

/** Callbacks that travel together. The id is that of their job in Redis, before and after it is written. */
export type Batch = { readonly id: string; readonly callbacks: readonly Callback[] };

/** Where the ingress's callbacks go: Redis, or, around it, a spool. */
export type CallbackWriter = {
  /** Resolves once the batch is kept: the moment from which its callbacks may be acked. Writing it again changes nothing. MUST be bounded in time. @throws RingbackError */
  write(batch: Batch): Promise<void>;
  /** Waits until Redis takes batches, at most `within` ms. False: it is away, and waited for in the background. */
  opened(within: number): Promise<boolean>;
  /** Why no batch would be taken now, by a real round trip, as `<code>: <reason>`; empty: it would. */
  notReadyReasons(): Promise<readonly string[]>;
  close(): Promise<void>;
};
