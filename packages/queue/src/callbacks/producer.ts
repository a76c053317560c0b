import { setTimeout } from 'node:timers/promises';
import type { Callback, BatchProducer } from '@ringback/contracts';
import { createGroupCommit } from '@ringback/pacing';
import { newBatchId } from '../bullmq/names.ts';
import { notTaken } from '../bullmq/queue-holder.ts';

/** Measured: 32 to 64 callbacks a job are best. At 256 the connections move in lock step. */
const MAX_CALLBACKS_PER_BATCH = 64;
const MAX_BYTES_PER_BATCH = 1024 * 1024;
/** A batch costs about the same whatever it holds, so small ones are rare. A callback alone never waits for it. */
const MS_BETWEEN_BATCHES = 2;

export type CallbackProducer = {
  /**
   * Resolves once `batches` keeps the callback: from then on it may be acked.
   * @throws RingbackError that of `batches`, or RB_QUEUE_UNAVAILABLE after `patience` ms of waiting
   */
  enqueue(callback: Callback): Promise<void>;
  /** Waits for what is under way, then closes `batches`. */
  close(): Promise<void>;
};

export type CallbackProducerOptions = {
  readonly batches: BatchProducer;
  /** How long a callback may wait for earlier writes. ms. */
  readonly patience: number;
  readonly now: () => number;
};

/** Queues the ingress's callbacks. Those that arrive together go together, as one batch. */
export function createCallbackProducer({ batches, patience, now }: CallbackProducerOptions): CallbackProducer {
  const commit = createGroupCommit({
    // The id is chosen before the write: a repeated write makes the same job.
    write: (callbacks) => batches.write({ id: newBatchId(), callbacks }),
    sizeOf: (callback: Callback) => callback.body.length,
    maxItems: MAX_CALLBACKS_PER_BATCH,
    maxBytes: MAX_BYTES_PER_BATCH,
    pace: () => setTimeout(MS_BETWEEN_BATCHES),
    expiry: { after: patience, error: () => notTaken(), now },
  });

  return {
    enqueue: (callback) => commit.submit(callback),
    async close() {
      await commit.idle();
      await batches.close();
    },
  };
}
