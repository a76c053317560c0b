import { type CallbackBatch, groupCallbacks } from '@ringback/contracts';
import { addJobs } from '../bullmq/add-jobs.ts';
import { batchJobOptions } from '../bullmq/job-options.ts';
import { CALLBACKS } from '../bullmq/names.ts';
import { openQueue } from '../bullmq/queue-options.ts';
import type { TakenBatch } from './consumer.ts';

/** Adds batches to the callbacks of a shard, for a worker or a command. MUST get the same callbacks for the same id. */
export function createBatchWriter(access: Parameters<typeof openQueue>[1]): (batch: TakenBatch) => Promise<void> {
  const queue = openQueue(CALLBACKS, access);
  return ({ id, callbacks, replayed }) => {
    const data: CallbackBatch = { v: 1, groups: groupCallbacks(callbacks), ...(replayed && { replayed }) };
    return addJobs({ queue, jobs: [{ name: 'batch', data, opts: batchJobOptions(id) }] });
  };
}
