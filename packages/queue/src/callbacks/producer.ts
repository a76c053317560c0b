import { setTimeout } from 'node:timers/promises';
import { type BatchProducer, type Callback, createShardFinder } from '@ringback/contracts';
import { createGroupCommit, type GroupCommit } from '@ringback/pacing';
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
  /** One for each shard, in order. */
  readonly batches: readonly BatchProducer[];
  /** ms that a callback may wait for earlier writes. */
  readonly patience: number;
  readonly now: () => number;
};

/** Callbacks of one shard that arrive together go together. A shard that is slow or away holds up only its own. */
export function createCallbackProducer({ batches, ...options }: CallbackProducerOptions): CallbackProducer {
  const commits = batches.map((shard) => openCommit(shard, options));
  const commitOf = createShardFinder(commits);

  return {
    enqueue: (callback) => commitOf(callback).submit(callback),
    async close() {
      await Promise.all(commits.map((commit) => commit.idle()));
      await Promise.all(batches.map((shard) => shard.close()));
    },
  };
}

type CommitOptions = Omit<CallbackProducerOptions, 'batches'>;

function openCommit(shard: BatchProducer, { patience, now }: CommitOptions): GroupCommit<Callback> {
  return createGroupCommit({
    // A repeated write makes the same job.
    write: (callbacks) => shard.write({ id: newBatchId(), callbacks }),
    sizeOf: (callback) => callback.body.length,
    maxItems: MAX_CALLBACKS_PER_BATCH,
    maxBytes: MAX_BYTES_PER_BATCH,
    pace: () => setTimeout(MS_BETWEEN_BATCHES),
    expiry: { after: patience, error: () => notTaken(), now },
  });
}
