import type { JobsOptions } from 'bullmq';
import { Redis } from 'ioredis';

export const PREFIX = 'plain';
export const CALLBACKS = 'callbacks';

/** The queue of one output's deliveries. */
export const deliveriesOf = (output: string) => `deliveries-${output}`;

/** As BullMQ's guide has it: retries with backoff, and a tail of what is finished kept to look at. */
export const JOB_OPTIONS: JobsOptions = {
  attempts: 10,
  backoff: { type: 'exponential', delay: 1000 },
  removeOnComplete: 1000,
  removeOnFail: 5000,
};

/** What each queue and worker is made with. */
export function queueAccess(env: NodeJS.ProcessEnv) {
  return { connection: new Redis(env['REDIS_URL'] ?? '', { maxRetriesPerRequest: null }), prefix: PREFIX };
}
