import { setTimeout } from 'node:timers/promises';
import type { Callback, BatchProducer } from '@ringback/contracts';
import { createGroupCommit } from '@ringback/pacing';
import { newBatchId } from '../bullmq/names.ts';
import { notTaken } from '../bullmq/queue-holder.ts';

/** Measured: 32 to 64 callbacks a job are best. At 256 the connections move in lock step. */
const MAX_CALLBACKS_PER_BATCH = 64;
const MAX_BYTES_PER_BATCH = 1024 * 1024;
/** A batch costs the same whatever it holds. A callback alone never waits. */
const MS_BETWEEN_BATCHES = 2;

export type CallbackProducer = {
  /**
   * Then it may be acked. @throws RingbackError that of `batches`, or RB_QUEUE_UNAVAILABLE after `patience`
   */
  enqueue(callback: Callback): Promise<void>;
  close(): Promise<void>;
};

export type CallbackProducerOptions = {
  readonly batches: BatchProducer;
  /** ms that a callback may wait for earlier writes. */
  readonly patience: number;
  readonly now: () => number;
};

/** Callbacks that arrive together go together. */
export function createCallbackProducer({ batches, patience, now }: CallbackProducerOptions): CallbackProducer {
  const commit = createGroupCommit({
    // A repeated write makes the same job.
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
