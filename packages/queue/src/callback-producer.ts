import type { Callback, CallbackBatch, Logger, Secret } from '@ringback/contracts';
import { answersPing, connectFailFast, isReady } from './connection.ts';
import { createGroupCommit } from './group-commit.ts';
import { batchJobOptions } from './job-options.ts';
import { CALLBACKS, newBatchId } from './names.ts';
import { createQueueHolder, unavailable } from './queue-holder.ts';

/** Measured: 32 to 64 callbacks a job are best; at 256 the connections move in lock step. */
const MAX_CALLBACKS_PER_BATCH = 64;
const MAX_BYTES_PER_BATCH = 1024 * 1024;
const PING_TIMEOUT_MS = 1000;

export type CallbackProducer = {
  /**
   * Resolves once Redis holds the callback: the moment from which it may be acked.
   * @throws RingbackError RB_QUEUE_UNAVAILABLE when Redis is away or slow, at the latest after twice `timeout` ms.
   */
  enqueue(callback: Callback): Promise<void>;
  /** Waits until callbacks are taken, at most `within` ms. False: Redis is away; it is waited for in the background. */
  opened(within: number): Promise<boolean>;
  /** True when a callback would be taken now, by a real round trip. */
  ready(): Promise<boolean>;
  /** Waits for what is under way, then closes the connection. */
  close(): Promise<void>;
};

export type CallbackProducerOptions = {
  readonly url: Secret;
  /** Namespace of every key in Redis. */
  readonly prefix: string;
  /** ms that one write may take. */
  readonly timeout: number;
  readonly now: () => number;
  readonly logger: Logger;
};

/** The ingress's way into the queue: callbacks that arrive together go together, as one job. */
export function createCallbackProducer({ url, prefix, timeout, now, logger }: CallbackProducerOptions): CallbackProducer {
  const redis = connectFailFast({ url, timeout, logger, name: 'ringback-ingress' });
  const queue = createQueueHolder({ redis, prefix, name: CALLBACKS });

  async function write(callbacks: readonly Callback[]): Promise<void> {
    const batch: CallbackBatch = { v: 1, callbacks: [...callbacks] };
    try {
      const opened = await queue.open();
      await opened.add('batch', batch, batchJobOptions(newBatchId()));
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  const commit = createGroupCommit({
    write,
    sizeOf: (callback: Callback) => callback.body.length,
    maxItems: MAX_CALLBACKS_PER_BATCH,
    maxBytes: MAX_BYTES_PER_BATCH,
    expiry: { after: timeout, error: () => unavailable(), now },
  });

  return {
    enqueue: (callback) => commit.submit(callback),
    async opened(within) {
      await isReady(redis, within);
      return queue.open().then(
        () => true,
        () => false,
      );
    },
    ready: () => (redis.status === 'ready' ? answersPing(redis, PING_TIMEOUT_MS) : Promise.resolve(false)),
    async close() {
      await commit.idle();
      await queue.close();
      redis.disconnect();
    },
  };
}
