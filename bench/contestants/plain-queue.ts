import type { JobsOptions } from 'bullmq';
import { Redis } from 'ioredis';

export const PREFIX = 'plain';
export const CALLBACKS = 'callbacks';

export const deliveriesOf = (output: string) => `deliveries-${output}`;

/** As in BullMQ's guide: retries with backoff, some finished jobs kept. */
export const JOB_OPTIONS: JobsOptions = {
  attempts: 10,
  backoff: { type: 'exponential', delay: 1000 },
  removeOnComplete: 1000,
  removeOnFail: 5000,
};

export function queueAccess(env: NodeJS.ProcessEnv) {
  return { connection: new Redis(env['REDIS_URL'] ?? '', { maxRetriesPerRequest: null }), prefix: PREFIX };
}
