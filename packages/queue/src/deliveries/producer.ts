import { type Callback, type DeliverySettings, type Fault, RingbackError } from '@ringback/contracts';
import { redisClock } from '@ringback/redis';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { addJobs, type NewJob } from '../bullmq/add-jobs.ts';
import { addFailedJob } from '../bullmq/fail-job.ts';
import { deliveryBatchId, outputQueueName, singleDeliveryId } from '../bullmq/names.ts';
import { openQueue } from '../bullmq/queue-options.ts';
import { addMaybeAgain, standingKeys } from './add-again.ts';
import { backlogKey, heldKey } from './bodies/keys.ts';
import { createDeliveryJobs, type DeliveryJobs, type Refusal, type RoutedBatch } from './jobs.ts';
import type { Settlement } from './settle.ts';

/** A failed first attempt, as settled. `fault` is absent if none failed. */
type FailedAttempt = { readonly batch: string; readonly callback: Callback } & (
  | (Pick<Extract<Settlement, { outcome: 'retry' }>, 'outcome' | 'spent' | 'waitMs'> & { readonly fault?: Fault })
  | Extract<Settlement, { outcome: 'dead' }>
);

/** Ids are derived: writing the same again changes nothing. */
export type DeliveryProducer = {
  /** One job, or one for each delivery if a rate limit counts them. */
  addBatch(batch: RoutedBatch): Promise<void>;
  /** One by one, before all that waits. Existing jobs stay. */
  addAlone(batch: string, callbacks: readonly Callback[]): Promise<void>;
  /** One job for each id of stored bodies. */
  addReferences(bodies: readonly string[]): Promise<void>;
  addRefused(bodies: string, refusal: Refusal): Promise<void>;
  /** Keys of the callbacks in this batch's job. Undefined: there is no such job. */
  standing(batch: string): Promise<ReadonlySet<string> | undefined>;
  /** @throws RingbackError RB_OVERLOADED if Redis is nearly full: the batch MUST be run again */
  addFailed(failed: FailedAttempt): Promise<void>;
  /** True if the delivery has a job of its own. After that job the ledger has the outcome. */
  handedOn(batch: string, keys: readonly string[]): Promise<boolean[]>;
  pending(): Promise<number>;
  /** Jobs that wait or are delayed, batches and deliveries held, bytes by reference. */
  look(): Promise<{ waiting: number; delayed: number; paused: boolean; held: number; heldDeliveries: number; bytes: number }>;
  close(): Promise<void>;
};

export type DeliveryProducerOptions = {
  readonly redis: Redis;
  readonly prefix: string;
  readonly output: string;
  readonly delivery: Pick<DeliverySettings, 'retry' | 'rateLimit'>;
  readonly nearlyFull: () => boolean;
};

export function createDeliveryProducer(options: DeliveryProducerOptions): DeliveryProducer {
  const { redis, prefix, output, delivery, nearlyFull } = options;
  const queue = openQueue(outputQueueName(output), { redis, prefix });
  const { retry, rateLimit } = delivery;
  const jobs = createDeliveryJobs({ output, retry });

  return {
    async addBatch(batch) {
      const { id, callbacks, again } = batch;
      const alone = (callback: Callback) => jobs.single({ batch: id, callback, priorAttempts: 0 });
      const added = rateLimit ? callbacks.map(alone) : [jobs.batch(batch)];
      await (again ? addMaybeAgain(queue, added) : addJobs({ queue, jobs: added }));
    },
    addAlone: (batch, callbacks) => addMaybeAgain(queue, atHead(jobs, batch, callbacks)),
    // The job's id is that of the bodies: a job that has it names the same.
    addReferences: (bodies) => addJobs({ queue, jobs: bodies.map((id) => jobs.reference(id)) }),
    addRefused(bodies, refusal) {
      const { reason } = refusal;
      return addFailedJob({ queue, redis, job: jobs.reference(bodies, refusal), reason, now: redisClock(redis).now() });
    },
    standing: (batch) => standingKeys(queue, deliveryBatchId(batch, output)),
    async addFailed(failed) {
      if (nearlyFull()) throw new RingbackError('RB_OVERLOADED', 'Redis is nearly full: the delivery stays in its batch');
      const job = jobs.single(payloadOf(failed), failed.outcome === 'retry' ? failed.waitMs : 0);
      await addMaybeAgain(queue, [job]);
    },
    async handedOn(batch, keys) {
      const ids = keys.map((key) => queue.toKey(singleDeliveryId({ batch, key, output })));
      if (ids.length === 0 || (await redis.exists(...ids)) === 0) return keys.map(() => false);
      const counts = await Promise.all(ids.map((id) => redis.exists(id)));
      return counts.map((count) => count > 0);
    },
    pending: () => queue.getJobCountByTypes('waiting', 'active'),
    look: () => look({ queue, redis, prefix, output }),
    close: () => queue.close(),
  };
}

function payloadOf(failed: FailedAttempt): Parameters<DeliveryJobs['single']>[0] {
  const { batch, callback, spent, fault } = failed;
  const { attempts: priorAttempts, uncounted, failingSince } = spent;
  const more = {
    ...(fault && { fault }),
    ...(uncounted > 0 && { uncounted }),
    ...(failingSince !== undefined && { failingSince }),
  };
  const alone = { batch, callback, priorAttempts, ...more };
  if (failed.outcome === 'retry') return alone;
  const { reason, answer } = failed;
  return { ...alone, refused: reason, ...(answer !== undefined && { answer }) };
}

/** In reverse: each goes before what waits. */
function atHead(jobs: DeliveryJobs, batch: string, callbacks: readonly Callback[]): NewJob[] {
  const alone = callbacks.toReversed().map((callback) => jobs.single({ batch, callback, priorAttempts: 0 }));
  return alone.map((job) => ({ ...job, opts: { ...job.opts, lifo: true } }));
}

async function look({
  queue,
  redis,
  prefix,
  output,
}: { queue: Queue } & Pick<DeliveryProducerOptions, 'redis' | 'prefix' | 'output'>) {
  const [{ waiting = 0, delayed = 0 }, paused, held, [bytes, heldDeliveries]] = await Promise.all([
    queue.getJobCounts('waiting', 'delayed'),
    queue.isPaused(),
    redis.llen(heldKey(prefix, output)),
    redis.hmget(backlogKey(prefix), `${output}.bytes`, `${output}.held`),
  ]);
  return { waiting, delayed, paused, held, heldDeliveries: Number(heldDeliveries ?? 0), bytes: Number(bytes ?? 0) };
}
