import { RingbackError } from '@ringback/contracts';
import type { JobsOptions, Queue } from 'bullmq';
import { timeOfNewJobs } from './time.ts';

export type NewJob = { readonly name: string; readonly data: object; readonly opts: JobsOptions & { readonly jobId: string } };

export type AddOptions = {
  readonly queue: Queue;
  readonly jobs: readonly NewJob[];
  /**
   * Tells whether the job that stands under the id of `job` does its work. Absent where nothing else can have the id: it names a new batch, or the same batch and the same part of it.
   * `data` was read from Redis.
   */
  readonly doesWorkOf?: ((data: unknown, job: NewJob) => boolean) | undefined;
};

/**
 * Every job of ours is added here. BullMQ ignores an add whose id exists, and answers as if it had added the job: so with `doesWorkOf` it is looked at afterwards.
 * A job that is gone by then was done.
 * @throws RingbackError RB_JOB_ID_TAKEN when another job stands under an id: what was to be added is not in the queue, and MUST be kept where it is
 */
export async function addJobs({ queue, jobs, doesWorkOf }: AddOptions): Promise<void> {
  const time = await timeOfNewJobs(queue);
  // A job's own timestamp says when the run of its batch began, by Redis's clock: it MUST stay.
  const [first, ...others] = jobs.map((job) => ({ ...job, opts: { ...time, ...job.opts } }));
  if (first === undefined) return;
  if (others.length === 0) await queue.add(first.name, first.data, first.opts);
  else await queue.addBulk([first, ...others]);
  if (doesWorkOf === undefined) return;
  const standing = await Promise.all(jobs.map(({ opts }) => queue.getJob(opts.jobId)));
  const taken = jobs.find((job, index) => standing[index] && !doesWorkOf(standing[index].data, job));
  if (taken) throw new RingbackError('RB_JOB_ID_TAKEN', `${queue.name} holds another job under the id ${taken.opts.jobId}`);
}
