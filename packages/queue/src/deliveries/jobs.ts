import {
  type Batch,
  callbackKey,
  type DeliveryBatch,
  type DeliveryReference,
  type DeliverySettings,
  type Fault,
  groupCallbacks,
  type SingleDelivery,
  versionFor,
} from '@ringback/contracts';
import type { NewJob } from '../bullmq/add-jobs.ts';
import { batchJobOptions, singleJobOptions } from '../bullmq/job-options.ts';
import { deliveryBatchId, referenceId, singleDeliveryId } from '../bullmq/names.ts';

export type RoutedBatch = Batch & {
  /** Run before. MUST be told: what was never queued is attempted without a look at the ledger. */
  readonly again: boolean;
  /** ms since the epoch. Default: now. */
  readonly since?: number | undefined;
};

/** Why deliveries are not attempted, and whose fault that is. */
export type Refusal = { readonly reason: string; readonly fault: Fault };

/** Ids derive from the work. */
export type DeliveryJobs = {
  batch(batch: RoutedBatch): NewJob;
  /** The same for stored bodies. `refused`: not to be attempted. */
  reference(bodies: string, refused?: Refusal): NewJob;
  /** A delivery alone, not before `delay` ms. `fault` MUST be absent before the first failure. */
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
      const data: SingleDelivery = { v: versionFor([alone.callback]), kind: 'single', ...alone };
      const jobId = singleDeliveryId({ batch: data.batch, key: callbackKey(data.callback), output });
      return { name: 'single', data, opts: singleJobOptions({ jobId, attempts, delay }) };
    },
  };
}
