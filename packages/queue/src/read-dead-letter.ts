import { CallbackBatch, callbacksOf, DeliveryPayload } from '@ringback/contracts';
import type { Job } from 'bullmq';
import { Compile } from 'typebox/compile';
import type { Kept } from './kept.ts';
import { faultOf } from './settle.ts';

const deliveries = Compile(DeliveryPayload);
const batches = Compile(CallbackBatch);

/** Where a job stands: the output whose delivery it is (none: a batch that is not yet dispatched), and, if it did not fail, why it stands there. */
export type Standing = { readonly output?: string | undefined; readonly reason?: string | undefined };

/** A job that will not go on by itself, as a person should see it. */
export function readDeadLetter(job: Job, { output, reason = job.failedReason ?? '' }: Standing): Kept {
  const { kind, callbacks, attempts } = readPayload(job, output);
  return {
    queue: job.queueName,
    id: job.id ?? '',
    kind,
    output,
    callbacks,
    reason,
    // Batches are our own work: they have no destination that could be at fault.
    fault: kind === 'delivery' ? faultOf(reason) : 'ours',
    attempts,
    time: job.finishedOn ?? job.timestamp,
    payload: job.data,
  };
}

function readPayload(job: Job, output: string | undefined): Pick<Kept, 'kind' | 'callbacks' | 'attempts'> {
  const data: unknown = job.data;
  const runs = job.attemptsMade;
  if (output === undefined) {
    if (batches.Check(data)) return { kind: 'batch', callbacks: callbacksOf(data), attempts: runs };
  } else if (deliveries.Check(data)) {
    if (data.kind === 'batch') return { kind: 'batch', callbacks: callbacksOf(data), attempts: runs };
    // What was refused became a job that runs once, but attempts nothing.
    const attempts = data.priorAttempts + (data.refused === undefined ? runs : 0);
    return { kind: 'delivery', callbacks: [data.callback], attempts };
  }
  return { kind: 'unreadable', callbacks: [], attempts: runs };
}
