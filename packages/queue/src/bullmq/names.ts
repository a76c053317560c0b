import { randomBytes } from 'node:crypto';

/** The queue that the ingress writes and the dispatchers read. */
export const CALLBACKS = 'callbacks';

/** Where callbacks stand that do not fit; nobody consumes it. */
export const QUARANTINE = 'quarantine';

/** Where callbacks stand that no route matched: with bounds of its own. Nobody consumes it. */
export const UNROUTED = 'unrouted';

/** The queue of one output's deliveries. BullMQ forbids `:` in a name; output names have none. */
export function outputQueueName(output: string): string {
  return `output.${output}`;
}

/** A new batch id: 16 URL-safe characters behind a letter, since BullMQ takes no id of digits alone. */
export function newBatchId(): string {
  return `b${randomBytes(12).toString('base64url')}`;
}

/** The id of the job that holds one output's deliveries of a batch. Derived, so that a re-run of the batch adds nothing twice. */
export function deliveryBatchId(batchId: string, output: string): string {
  return `${batchId}.${output}`;
}

/** The id of the job that names an output's deliveries by the id of their bodies. Never that of a job that holds bodies: an add that is ignored MUST have been for the same. */
export function referenceId(bodies: string, output: string): string {
  return `${bodies}.ref.${output}`;
}

/** The id of what is added to a batch's bodies, or to the job that holds them, in a second run. `part` derives from what it holds. */
export function batchPartId(batchId: string, part: string): string {
  return `${batchId}.${part}`;
}

/**
 * The id of the job that holds one delivery alone. Derived, so that the same retry is never added twice. It names the batch as well: a callback that comes again after
 * the dedupe window is other work, and a dead letter of its first run MUST NOT stand in its way.
 */
export function singleDeliveryId({ batch, key, output }: { batch: string; key: string; output: string }): string {
  return `${batch}.${key}.${output}`;
}

/** The set of the outputs that any worker has had in its settings. */
export function outputRegistryKey(prefix: string): string {
  return `${prefix}:outputs`;
}
