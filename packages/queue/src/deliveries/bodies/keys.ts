import { jobKey } from '../../bullmq/keys.ts';
import { outputQueueName, referenceId } from '../../bullmq/names.ts';

/** The bodies that several outputs share, or that wait for one that cannot take them. */
export const bodiesKey = (prefix: string, id: string) => `${prefix}:bodies:${id}`;

/** Ids of bodies that wait for an output, the oldest first. */
export const heldKey = (prefix: string, output: string) => `${prefix}:held:${output}`;

/** What each output has by reference, and what was dropped. */
export const backlogKey = (prefix: string) => `${prefix}:backlog`;

/** The hash of the job that names an output's share of these bodies. */
export const referenceJobKey = (prefix: string, id: string, output: string) =>
  jobKey(prefix, outputQueueName(output), referenceId(id, output));
