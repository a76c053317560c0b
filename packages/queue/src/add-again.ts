import { bodyDigest, callbackKey } from '@ringback/contracts';
import type { Queue } from 'bullmq';
import { addJobs, type NewJob } from './add-jobs.ts';
import type { Bodies } from './bodies/bodies.ts';
import type { DeliveryJobs } from './delivery-jobs.ts';
import type { RoutedBatch } from './delivery-producer.ts';
import { coversWork, deliveryWork } from './delivery-work.ts';
import { batchPartId, deliveryBatchId } from './names.ts';

/** Ids name the batch, so that only an earlier run of the same batch can have taken them. */
export function addMaybeAgain(queue: Queue, jobs: readonly NewJob[]): Promise<void> {
  return addJobs({ queue, jobs, doesWorkOf: (standing, { data }) => coversWork(standing, data) });
}

/** Keys of the callbacks that the job of this batch holds, bodies included; undefined: there is no such job. */
export async function standingKeys(queue: Queue, jobId: string): Promise<ReadonlySet<string> | undefined> {
  const job = await queue.getJob(jobId);
  return job && (deliveryWork(job.data)?.keys ?? new Set());
}

export type AddMissing = {
  readonly queue: Queue;
  readonly jobs: DeliveryJobs;
  readonly bodies: Pick<Bodies, 'read'>;
  readonly output: string;
  readonly batch: RoutedBatch;
};

/** Adds what of a batch is not queued or held yet. Where that is not all of it, it becomes a job under an id of its own. */
export async function addMissing({ queue, jobs, bodies, output, batch }: AddMissing): Promise<void> {
  const jobId = deliveryBatchId(batch.id, output);
  const [job, stored] = await Promise.all([standingKeys(queue, jobId), bodies.read(batch.id, output)]);
  const there = new Set([...(job ?? []), ...(stored?.callbacks.map(callbackKey) ?? [])]);
  const rest = batch.callbacks.filter((callback) => !there.has(callbackKey(callback)));
  if (rest.length === 0) return;
  const part = batchPartId(batch.id, bodyDigest(rest.map(callbackKey).join(' ')));
  const id = job ? deliveryBatchId(part, output) : jobId;
  await addMaybeAgain(queue, [jobs.batch({ ...batch, callbacks: rest }, id)]);
}
