import { RingbackError } from '@ringback/contracts';
import type { JobsOptions, Queue } from 'bullmq';
import { timeOfNewJobs } from './time.ts';

export type NewJob = { readonly name: string; readonly data: object; readonly opts: JobsOptions & { readonly jobId: string } };

export type AddOptions = {
  readonly queue: Queue;
  readonly jobs: readonly NewJob[];
  /** Absent if only the same work can have that id. */
  readonly doesWorkOf?: ((data: unknown, job: NewJob) => boolean) | undefined;
};

/**
 * BullMQ ignores an add whose id exists. @throws RingbackError RB_JOB_ID_TAKEN if another job has the id:
 * the work MUST stay where it is
 */
export async function addJobs({ queue, jobs, doesWorkOf }: AddOptions): Promise<void> {
  const time = await timeOfNewJobs(queue);
  // MUST stay: when its batch's run began.
  const [first, ...others] = jobs.map((job) => ({ ...job, opts: { ...time, ...job.opts } }));
  if (first === undefined) return;
  if (others.length === 0) await queue.add(first.name, first.data, first.opts);
  else await queue.addBulk([first, ...others]);
  if (doesWorkOf === undefined) return;
  const standing = await Promise.all(jobs.map(({ opts }) => queue.getJob(opts.jobId)));
  const taken = jobs.find((job, index) => standing[index] && !doesWorkOf(standing[index].data, job));
  if (taken) throw new RingbackError('RB_JOB_ID_TAKEN', `${queue.name} holds another job under the id ${taken.opts.jobId}`);
}
