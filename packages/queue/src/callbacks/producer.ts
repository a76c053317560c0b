import { setTimeout } from 'node:timers/promises';
import { type BatchProducer, type Callback, createShardFinder, RingbackError } from '@ringback/contracts';
import { createGroupCommit, type GroupCommit } from '@ringback/pacing';
import { newBatchId } from '../bullmq/names.ts';
import { notTaken } from '../bullmq/queue-holder.ts';

/** Measured: 32 to 64 callbacks a job are best. At 256 the connections move in lock step. */
const MAX_CALLBACKS_PER_BATCH = 64;
const MAX_BYTES_PER_BATCH = 1024 * 1024;
/** A batch costs the same whatever it holds. A callback alone never waits. */
const MS_BETWEEN_BATCHES = 2;
/** Of several shards, one may have this much of its part of `maxInFlight`. */
const SHARE_OF_PART = 1.5;
const LEAST_PER_SHARD = 32;

export type CallbackProducer = {
  /**
   * Then it may be acked. @throws RingbackError that of `batches`, RB_QUEUE_UNAVAILABLE after `patience`, or RB_OVERLOADED
   * if too many wait for one of several shards
   */
  enqueue(callback: Callback): Promise<void>;
  close(): Promise<void>;
};

export type CallbackProducerOptions = {
  /** One for each shard, in order. */
  readonly batches: readonly BatchProducer[];
  /** ms that a callback may wait for earlier writes. */
  readonly patience: number;
  /** How many callbacks the process takes at once, as of now. */
  readonly maxInFlight: () => number;
  readonly now: () => number;
};

/** Callbacks of one shard that arrive together go together. A shard that is slow or away holds up only its own. */
export function createCallbackProducer({ batches, maxInFlight, ...options }: CallbackProducerOptions): CallbackProducer {
  const commits = batches.map((shard) => openCommit(shard, options));
  const most = () => Math.max(LEAST_PER_SHARD, Math.ceil((SHARE_OF_PART * maxInFlight()) / batches.length));
  const shardOf = createShardFinder<Commit>(commits.length === 1 ? commits : commits.map((commit) => bounded(commit, most)));

  return {
    enqueue: (callback) => shardOf(callback).submit(callback),
    async close() {
      await Promise.all(commits.map((commit) => commit.idle()));
      await Promise.all(batches.map((shard) => shard.close()));
    },
  };
}

type CommitOptions = Pick<CallbackProducerOptions, 'patience' | 'now'>;

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

type Commit = Pick<GroupCommit<Callback>, 'submit'>;

/** A primary that hangs holds its callbacks for seconds. They MUST leave room in the process for those of others. */
function bounded(commit: Commit, most: () => number): Commit {
  let underWay = 0;
  return {
    async submit(callback) {
      if (underWay >= most()) {
        throw new RingbackError('RB_OVERLOADED', 'too many callbacks wait for one shard of Redis: send it again later');
      }
      underWay += 1;
      try {
        await commit.submit(callback);
      } finally {
        underWay -= 1;
      }
    },
  };
}
