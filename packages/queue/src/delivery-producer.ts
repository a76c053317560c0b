import {
  type Callback,
  callbackKey,
  type DeliveryBatch,
  type DeliverySettings,
  type Fault,
  groupCallbacks,
  RingbackError,
  type SingleDelivery,
} from '@ringback/contracts';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { backoff } from './backoff.ts';
import { batchJobOptions, singleJobOptions } from './job-options.ts';
import { deliveryBatchId, outputQueueName, singleDeliveryId } from './names.ts';
import { queueOptions, quiet } from './queue-options.ts';
import { deadReason } from './settle.ts';

/** A delivery whose first attempt is over, without success. */
type FailedAttempt = { readonly batch: string; readonly callback: Callback; readonly attempt: number } & (
  | { readonly outcome: 'retry'; readonly afterMs?: number }
  | { readonly outcome: 'dead'; readonly reason: string; readonly fault?: Fault }
);

/** The callbacks of a batch that are routed to one output. */
export type RoutedBatch = {
  readonly id: string;
  readonly callbacks: readonly Callback[];
  /** The batch was run before, and may have been queued then: MUST be told, since deliveries that were never queued are attempted without a look at the ledger. */
  readonly again: boolean;
};

/** Writes to one output's queue. Every id is derived, so that writing the same thing again changes nothing. */
export type DeliveryProducer = {
  /** Queues the output's deliveries of one batch: as one job, or one by one where a rate limit has to count them. */
  addBatch(batch: RoutedBatch): Promise<void>;
  /** Queues a delivery alone: to be tried again after its backoff, or, refused for good, to fail at once and stand as a dead letter.
   * @throws RingbackError RB_OVERLOADED while Redis is nearly full: a job of its own takes several times the memory that it had in the batch, so the batch is to be run again. */
  addFailed(failed: FailedAttempt): Promise<void>;
  /** Deliveries, as jobs, that are not over: they wait, are under way, or will be tried again. */
  pending(): Promise<number>;
  close(): Promise<void>;
};

export type DeliveryProducerOptions = {
  readonly redis: Redis;
  readonly prefix: string;
  readonly output: string;
  readonly delivery: Pick<DeliverySettings, 'retry' | 'rateLimit'>;
  /** True while Redis is nearly full. */
  readonly brimming: () => boolean;
};

export function createDeliveryProducer(options: DeliveryProducerOptions): DeliveryProducer {
  const { redis, prefix, output, delivery, brimming } = options;
  const queue = quiet(new Queue(outputQueueName(output), queueOptions({ redis, prefix })));
  const { attempts, ...bounds } = delivery.retry;

  function single(alone: Omit<SingleDelivery, 'v' | 'kind'>, delay = 0) {
    const data: SingleDelivery = { v: 1, kind: 'single', ...alone };
    const jobId = singleDeliveryId(callbackKey(data.callback), output);
    return { name: 'single', data, opts: singleJobOptions({ jobId, attempts, delay }) };
  }

  return {
    async addBatch({ id: batch, callbacks, again }) {
      if (delivery.rateLimit) {
        await queue.addBulk(callbacks.map((callback) => single({ batch, callback, priorAttempts: 0 })));
      } else {
        const data: DeliveryBatch = { v: 1, kind: 'batch', batch, ...(again && { again }), groups: groupCallbacks(callbacks) };
        await queue.add('batch', data, batchJobOptions(deliveryBatchId(batch, output)));
      }
    },
    async addFailed(failed) {
      if (brimming()) throw new RingbackError('RB_OVERLOADED', 'Redis is nearly full: the delivery stays in its batch');
      const { batch, callback, attempt: priorAttempts } = failed;
      const job =
        failed.outcome === 'dead'
          ? single({ batch, callback, priorAttempts, refused: deadReason(failed) })
          : single({ batch, callback, priorAttempts }, backoff(bounds, priorAttempts, failed.afterMs));
      await queue.add(job.name, job.data, job.opts);
    },
    pending: () => queue.getJobCountByTypes('waiting', 'active', 'delayed'),
    close: () => queue.close(),
  };
}
