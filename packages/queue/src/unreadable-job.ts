import { Job, type JobJson, type Worker } from 'bullmq';

/**
 * Has `worker` hand over a job whose data is not JSON as one that holds nothing, which the payload check then sets aside. Without it BullMQ's own parser throws
 * between taking the job and processing it: the job would be taken, stall and be taken again for ever, and what was finished just before it would be run again.
 * `createJob` is the place that BullMQ gives subclasses for this. What stands in Redis stays as it is, for a person to see.
 */
export function setAsideUnreadable<W extends Worker>(worker: W): W {
  const createJob = (data: JobJson, jobId: string): Job =>
    Job.fromJSON(worker, isJson(data.data) ? data : { ...data, data: 'null' }, jobId);
  return Object.assign(worker, { createJob });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text || '{}');
    return true;
  } catch {
    return false;
  }
}
