import { randomBytes } from 'node:crypto';

export const CALLBACKS = 'callbacks';

/** No worker consumes it. */
export const QUARANTINE = 'quarantine';

/** No worker consumes it. */
export const UNROUTED = 'unrouted';

/** BullMQ forbids `:` in a name. */
export function outputQueueName(output: string): string {
  return `output.${output}`;
}

/** False: the name of no queue, or of none that has callbacks. */
export const isOurQueue = (name: string): boolean =>
  name === CALLBACKS || name === QUARANTINE || name === UNROUTED || name.startsWith(outputQueueName(''));

/** BullMQ takes no id of digits alone. */
export function newBatchId(): string {
  return `b${randomBytes(12).toString('base64url')}`;
}

/** A second run adds nothing twice. */
export function deliveryBatchId(batchId: string, output: string): string {
  return `${batchId}.${output}`;
}

/** Not that of a job with bodies: an add that BullMQ ignores MUST be the same work. */
export function referenceId(bodies: string, output: string): string {
  return `${bodies}.ref.${output}`;
}

/** `part` derives from its content. */
export function batchPartId(batchId: string, part: string): string {
  return `${batchId}.${part}`;
}

/** Names the batch too: after the dedupe window, an old dead letter MUST NOT block the same callback. */
export function singleDeliveryId({ batch, key, output }: { batch: string; key: string; output: string }): string {
  return `${batch}.${key}.${output}`;
}

export function outputRegistryKey(prefix: string): string {
  return `${prefix}:outputs`;
}
