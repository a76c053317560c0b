import {
  type CallbackBatch,
  type BatchProducer,
  type Durability,
  groupCallbacks,
  type Logger,
  RingbackError,
} from '@ringback/contracts';
import {
  createConfirm,
  connectFailFast,
  isReady,
  type OverloadSettings,
  notReadyReasons,
  createRedisWatch,
  type Shard,
} from '@ringback/redis';
import { addJobs } from '../bullmq/add-jobs.ts';
import { batchJobOptions } from '../bullmq/job-options.ts';
import { CALLBACKS } from '../bullmq/names.ts';
import { createQueueHolder, notTaken } from '../bullmq/queue-holder.ts';
import { tellWhoFills } from '../deliveries/bodies/backlog.ts';
import { createDepth } from './depth.ts';

export type BatchProducerOptions = Shard & {
  /** ms per write. */
  readonly timeout: number;
  readonly durability: Durability;
  readonly overload: OverloadSettings;
  /** Another reason to take no callbacks. */
  readonly refusal?: (() => RingbackError | undefined) | undefined;
  /** The current outputs: their waiting deliveries count as depth. */
  readonly outputs: () => readonly string[];
  readonly now: () => number;
  readonly logger: Logger;
};

/**
 * One job a batch. @throws RB_QUEUE_UNAVAILABLE, RB_REDIS_REFUSES, RB_OVERLOADED, RB_DURABILITY_UNMET (it
 * may be there)
 */
export function createBatchProducer(options: BatchProducerOptions): BatchProducer {
  const { prefix, durability, overload, outputs } = options;
  const timeout = Math.floor(options.timeout / commandsPerWrite(durability));
  const redis = connectFailFast({ ...options, timeout, name: 'ringback-ingress' });
  const queue = createQueueHolder({ redis, prefix, name: CALLBACKS });
  const depth = createDepth({ redis, prefix, outputs });
  const fillers = () => tellWhoFills({ redis, prefix });
  const watch = createRedisWatch({ ...options, redis, depth: overload.depth && depth.count, fillers });
  const confirm = createConfirm({ redis, durability, timeout, waitaof: watch.waitaof, followers: watch.followers });
  const refusal = () => watch.unmet() ?? options.refusal?.() ?? watch.overloaded();

  return {
    async write({ id, callbacks }) {
      const refused = refusal();
      if (refused !== undefined) throw refused;
      const batch: CallbackBatch = { v: 1, groups: groupCallbacks(callbacks) };
      try {
        await addJobs({ queue: await queue.open(), jobs: [{ name: 'batch', data: batch, opts: batchJobOptions(id) }] });
        await confirm();
      } catch (cause) {
        throw cause instanceof RingbackError ? cause : notTaken(cause);
      }
    },
    async opened(within) {
      await isReady(redis, within);
      return Promise.all([queue.open(), watch.look(), watch.probe()]).then(
        () => watch.known(),
        () => false,
      );
    },
    notReadyReasons: () => notReadyReasons({ watch, refusal }),
    async close() {
      watch.close();
      await Promise.all([queue.close(), depth.close()]);
      redis.disconnect();
    },
  };
}

/** Adding and confirming together MUST NOT take longer than one write may. */
function commandsPerWrite(durability: Durability): number {
  return durability === 'always' || durability === 'replica' ? 2 : 1;
}
