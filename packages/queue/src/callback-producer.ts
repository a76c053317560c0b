import { type Callback, type CallbackBatch, type Durability, type Logger, RingbackError, type Secret } from '@ringback/contracts';
import { createConfirm } from './confirm.ts';
import { connectFailFast, isReady } from './connection.ts';
import { createDepth } from './depth.ts';
import { createGroupCommit } from './group-commit.ts';
import { batchJobOptions } from './job-options.ts';
import { CALLBACKS, newBatchId } from './names.ts';
import type { OverloadSettings } from './overload.ts';
import { createQueueHolder, type QueueHolder, unavailable } from './queue-holder.ts';
import { hindrances } from './readiness.ts';
import { createRedisWatch } from './redis-watch.ts';

/** Measured: 32 to 64 callbacks a job are best; at 256 the connections move in lock step. */
const MAX_CALLBACKS_PER_BATCH = 64;
const MAX_BYTES_PER_BATCH = 1024 * 1024;

export type CallbackProducer = {
  /**
   * Resolves once Redis holds the callback as safely as `durability` asks: the moment from which it may be acked.
   * @throws RingbackError RB_QUEUE_UNAVAILABLE when Redis is away or slow, at the latest after twice `timeout` ms; RB_DURABILITY_UNMET and RB_OVERLOADED
   * when it must not be given any callback now
   */
  enqueue(callback: Callback): Promise<void>;
  /** Waits until callbacks are taken, at most `within` ms. False: Redis is away; it is waited for in the background. */
  opened(within: number): Promise<boolean>;
  /** Why no callback would be taken now, by a real round trip, as `<code>: <reason>`; empty: it would. */
  hindrances(): Promise<readonly string[]>;
  /** Waits for what is under way, then closes the connection. */
  close(): Promise<void>;
};

export type CallbackProducerOptions = {
  readonly url: Secret;
  /** Namespace of every key in Redis. */
  readonly prefix: string;
  /** ms that one write may take. */
  readonly timeout: number;
  readonly durability: Durability;
  readonly overload: OverloadSettings;
  /** Names of the outputs, whose waiting deliveries count as depth. */
  readonly outputs: readonly string[];
  readonly now: () => number;
  readonly logger: Logger;
};

/** The ingress's way into the queue: callbacks that arrive together go together, as one job. */
export function createCallbackProducer(options: CallbackProducerOptions): CallbackProducer {
  const { url, prefix, durability, overload, outputs, now, logger } = options;
  const timeout = Math.floor(options.timeout / commandsPerWrite(durability));
  const redis = connectFailFast({ url, timeout, logger, name: 'ringback-ingress' });
  const queue = createQueueHolder({ redis, prefix, name: CALLBACKS });
  const depth = createDepth({ redis, prefix, outputs });
  const watch = createRedisWatch({ redis, durability, overload, depth: overload.depth && depth.count, now, logger });
  const confirm = createConfirm({ redis, durability, timeout, waitaof: watch.waitaof });
  const refusal = () => watch.unmet() ?? watch.overloaded();
  const write = createWrite({ queue, confirm });

  const commit = createGroupCommit({
    write,
    sizeOf: (callback: Callback) => callback.body.length,
    maxItems: MAX_CALLBACKS_PER_BATCH,
    maxBytes: MAX_BYTES_PER_BATCH,
    expiry: { after: options.timeout, error: () => unavailable(), now },
  });

  return {
    async enqueue(callback) {
      const refused = refusal();
      if (refused !== undefined) throw refused;
      await commit.submit(callback);
    },
    async opened(within) {
      await isReady(redis, within);
      return Promise.all([queue.open(), watch.look()]).then(
        () => true,
        () => false,
      );
    },
    hindrances: () => hindrances(redis, refusal),
    async close() {
      await commit.idle();
      watch.close();
      await Promise.all([queue.close(), depth.close()]);
      redis.disconnect();
    },
  };
}

/** Adding and confirming together MUST take no longer than one write may. */
function commandsPerWrite(durability: Durability): number {
  return durability === 'always' || durability === 'replica' ? 2 : 1;
}

function createWrite({ queue, confirm }: { queue: QueueHolder; confirm: () => Promise<void> }) {
  return async (callbacks: readonly Callback[]): Promise<void> => {
    const batch: CallbackBatch = { v: 1, callbacks: [...callbacks] };
    try {
      const opened = await queue.open();
      await opened.add('batch', batch, batchJobOptions(newBatchId()));
      await confirm();
    } catch (cause) {
      throw cause instanceof RingbackError ? cause : unavailable(cause);
    }
  };
}
