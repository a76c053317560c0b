import { bodyDigest, type Callback, callbackKey, type DeliverySettings, type Fault, RingbackError } from '@ringback/contracts';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { addJobs, type NewJob } from './add-jobs.ts';
import { backoff } from './backoff.ts';
import { createDeliveryJobs, type DeliveryJobs } from './delivery-jobs.ts';
import { coversWork, deliveryWork } from './delivery-work.ts';
import { deliveryBatchId, deliveryPartId, outputQueueName, singleDeliveryId } from './names.ts';
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
  /** When its run began, ms since the epoch: another worker may have taken the batch over since. Default: now. */
  readonly since?: number;
};

/** Writes to one output's queue. Every id is derived, so that writing the same thing again changes nothing. */
export type DeliveryProducer = {
  /** Queues the output's deliveries of one batch: as one job, or one by one where a rate limit has to count them. */
  addBatch(batch: RoutedBatch): Promise<void>;
  /** Queues a delivery alone: to be tried again after its backoff, or, refused for good, to fail at once and stand as a dead letter.
   * @throws RingbackError RB_OVERLOADED while Redis is nearly full: a job of its own takes several times the memory that it had in the batch, so the batch is to be run again. */
  addFailed(failed: FailedAttempt): Promise<void>;
  /** For each of these callbacks of a batch: whether its delivery has a job of its own. One that had, and is over, has left its outcome in the ledger. */
  handedOn(batch: string, keys: readonly string[]): Promise<boolean[]>;
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
  const { retry, rateLimit } = delivery;
  const jobs = createDeliveryJobs({ output, retry });

  return {
    async addBatch(batch) {
      const { id, callbacks, again } = batch;
      if (rateLimit) {
        const alone = callbacks.map((callback) => jobs.single({ batch: id, callback, priorAttempts: 0 }));
        await (again ? addMaybeAgain(queue, alone) : addJobs({ queue, jobs: alone }));
      } else if (again) await addMissing({ queue, jobs, output, batch });
      else await addJobs({ queue, jobs: [jobs.batch(batch, deliveryBatchId(id, output))] });
    },
    async addFailed(failed) {
      if (brimming()) throw new RingbackError('RB_OVERLOADED', 'Redis is nearly full: the delivery stays in its batch');
      const { batch, callback, attempt: priorAttempts } = failed;
      const job =
        failed.outcome === 'dead'
          ? jobs.single({ batch, callback, priorAttempts, refused: deadReason(failed) })
          : jobs.single({ batch, callback, priorAttempts }, backoff(retry, priorAttempts, failed.afterMs));
      await addMaybeAgain(queue, [job]);
    },
    async handedOn(batch, keys) {
      const ids = keys.map((key) => queue.toKey(singleDeliveryId({ batch, key, output })));
      const counts = await Promise.all(ids.map((id) => redis.exists(id)));
      return counts.map((count) => count > 0);
    },
    pending: () => queue.getJobCountByTypes('waiting', 'active', 'delayed'),
    close: () => queue.close(),
  };
}

/** Ids name the batch, so that only an earlier run of the same batch can have taken them. */
function addMaybeAgain(queue: Queue, jobs: readonly NewJob[]): Promise<void> {
  return addJobs({ queue, jobs, doesWorkOf: (standing, { data }) => coversWork(standing, data) });
}

/** Adds what an earlier run of the batch has not queued. That is less than all where the settings changed in between: then the rest becomes a job of its own. */
async function addMissing(options: { queue: Queue; jobs: DeliveryJobs; output: string; batch: RoutedBatch }): Promise<void> {
  const { queue, jobs, output, batch } = options;
  const jobId = deliveryBatchId(batch.id, output);
  const standing = await queue.getJob(jobId);
  if (!standing) return addMaybeAgain(queue, [jobs.batch(batch, jobId)]);
  const queued = deliveryWork(standing.data)?.keys ?? new Set();
  const rest = batch.callbacks.filter((callback) => !queued.has(callbackKey(callback)));
  if (rest.length === 0) return;
  const part = bodyDigest(rest.map(callbackKey).join(' '));
  await addMaybeAgain(queue, [jobs.batch({ ...batch, callbacks: rest }, deliveryPartId({ batch: batch.id, output, part }))]);
}
