import { randomBytes } from 'node:crypto';

/** The queue that the ingress writes and the workers read. */
export const CALLBACKS = 'callbacks';

/** Callbacks that do not fit. No worker consumes it. */
export const QUARANTINE = 'quarantine';

/** Callbacks that no route matched, with bounds of their own. No worker consumes it. */
export const UNROUTED = 'unrouted';

/** The queue of one output. BullMQ forbids `:` in a name; output names have none. */
export function outputQueueName(output: string): string {
  return `output.${output}`;
}

/** A new batch id: a letter and 16 URL-safe characters. BullMQ takes no id of digits alone. */
export function newBatchId(): string {
  return `b${randomBytes(12).toString('base64url')}`;
}

/** The id of the job with one output's deliveries of a batch. Derived: a second run adds nothing twice. */
export function deliveryBatchId(batchId: string, output: string): string {
  return `${batchId}.${output}`;
}

/**
 * The id of the job that names stored bodies. Differs from that of a job with bodies:
 * an add that BullMQ ignores MUST have been the same work.
 */
export function referenceId(bodies: string, output: string): string {
  return `${bodies}.ref.${output}`;
}

/** The id of what a second run adds to a batch's bodies or job. `part` derives from its content. */
export function batchPartId(batchId: string, part: string): string {
  return `${batchId}.${part}`;
}

/**
 * The id of the job with one delivery alone. Derived: the same retry is never added twice. It names the batch too:
 * the same callback after the dedupe window is other work, and an old dead letter MUST NOT block it.
 */
export function singleDeliveryId({ batch, key, output }: { batch: string; key: string; output: string }): string {
  return `${batch}.${key}.${output}`;
}

/** The set of all outputs that a worker ever had in its settings. */
export function outputRegistryKey(prefix: string): string {
  return `${prefix}:outputs`;
}
