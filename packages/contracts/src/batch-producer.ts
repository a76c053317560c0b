import type { Callback } from './callback.ts';

/** `id` is the id of its job in Redis. */
export type Batch = { readonly id: string; readonly callbacks: readonly Callback[] };

/** Where the ingress writes callbacks: Redis, or a spool in front of it. */
export type BatchProducer = {
  /**
   * Resolves once the batch is stored and may be acked. A repeated write changes nothing. MUST be bounded in
   * time. @throws RingbackError
   */
  write(batch: Batch): Promise<void>;
  /** Waits at most `within` ms until Redis takes batches. False: Redis is away; it goes on connecting. */
  opened(within: number): Promise<boolean>;
  /** As `<code>: <reason>`, tested by a real round trip. Empty: a batch would be taken. */
  notReadyReasons(): Promise<readonly string[]>;
  close(): Promise<void>;
};
