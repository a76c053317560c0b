import {
  type Batch,
  callbackKey,
  type DeliveryBatch,
  type DeliveryReference,
  type DeliverySettings,
  type Fault,
  groupCallbacks,
  type SingleDelivery,
} from '@ringback/contracts';
import type { NewJob } from '../bullmq/add-jobs.ts';
import { batchJobOptions, singleJobOptions } from '../bullmq/job-options.ts';
import { deliveryBatchId, referenceId, singleDeliveryId } from '../bullmq/names.ts';

/** The callbacks of a batch that are routed to one output. */
export type RoutedBatch = Batch & {
  /**
   * The batch was run before and may have been queued. MUST be told: deliveries that were never queued are attempted
   * without a look at the ledger.
   */
  readonly again: boolean;
  /** When its run began, ms since the epoch. Default: now. Another worker may have taken the batch over later. */
  readonly since?: number | undefined;
};

/** Why deliveries are not attempted, and whose fault that is. */
export type Refusal = { readonly reason: string; readonly fault: Fault };

/** The jobs of one output's queue, each under an id that derives from its work. */
export type DeliveryJobs = {
  /** The deliveries of a batch at their first attempt. */
  batch(batch: RoutedBatch): NewJob;
  /** The same for stored bodies. `refused`: not to be attempted. */
  reference(bodies: string, refused?: Refusal): NewJob;
  /** A delivery alone, not before `delay` ms. Without `fault` it was not attempted yet. */
  single(alone: Omit<SingleDelivery, 'v' | 'kind'>, delay?: number): NewJob;
};

export function createDeliveryJobs({ output, retry }: { output: string } & Pick<DeliverySettings, 'retry'>): DeliveryJobs {
  const { attempts } = retry;
  return {
    batch({ id: batch, callbacks, again, since }) {
      const data: DeliveryBatch = { v: 1, kind: 'batch', batch, ...(again && { again }), groups: groupCallbacks(callbacks) };
      const options = batchJobOptions(deliveryBatchId(batch, output));
      return { name: 'batch', data, opts: { ...options, ...(since !== undefined && { timestamp: since }) } };
    },
    reference(bodies, refused) {
      const data: DeliveryReference = {
        v: 2,
        kind: 'reference',
        bodies,
        ...(refused && { refused: refused.reason, fault: refused.fault }),
      };
      return { name: 'reference', data, opts: batchJobOptions(referenceId(bodies, output)) };
    },
    single(alone, delay = 0) {
      const data: SingleDelivery = { v: 1, kind: 'single', fault: 'ours', ...alone };
      const jobId = singleDeliveryId({ batch: data.batch, key: callbackKey(data.callback), output });
      return { name: 'single', data, opts: singleJobOptions({ jobId, attempts, delay }) };
    },
  };
}
