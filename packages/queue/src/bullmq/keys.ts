import { QueueKeys } from 'bullmq';

/** The hash of a job, for our scripts that ask whether it stands, as BullMQ 6.7.0 names it. A queue has a call for it as well, but opening one writes to Redis. */
export const jobKey = (prefix: string, queue: string, id: string) => new QueueKeys(prefix).toKey(queue, id);
