import type { Queue } from 'bullmq';
import { addJobs, type NewJob } from '../bullmq/add-jobs.ts';
import { coversWork, deliveryWork } from './work.ts';

/** Ids name the batch: only an earlier run of the same batch can have taken them. */
export function addMaybeAgain(queue: Queue, jobs: readonly NewJob[]): Promise<void> {
  return addJobs({ queue, jobs, doesWorkOf: (standing, { data }) => coversWork(standing, data) });
}

/** Keys of the callbacks whose bodies this batch's job holds. Undefined: there is no such job. */
export async function standingKeys(queue: Queue, jobId: string): Promise<ReadonlySet<string> | undefined> {
  const job = await queue.getJob(jobId);
  return job && (deliveryWork(job.data)?.keys ?? new Set());
}
