import { CallbackBatch, callbacksOf, DeliveryPayload, groupCallbacks } from '@ringback/contracts';
import type { Job } from 'bullmq';
import { Compile } from 'typebox/compile';
import { outputQueueName, referenceId } from '../bullmq/names.ts';
import { type Bodies, isUnreadable } from '../deliveries/bodies/bodies.ts';
import { failureOf } from '../deliveries/failure.ts';
import type { Kept } from './kept.ts';

const deliveries = Compile(DeliveryPayload);
const batches = Compile(CallbackBatch);

const REMOVED = 'RB_OUTPUT_REMOVED: its output is not in the settings';

/** No output: a batch of callbacks. `removed`: its output left the settings. */
export type Standing = { readonly output?: string | undefined; readonly removed?: boolean };

type Reader = Pick<Bodies, 'read'>;

export async function readDeadLetter(job: Job, { output, removed = false }: Standing, bodies: Reader): Promise<Kept> {
  const data: unknown = job.data;
  const content =
    output !== undefined && deliveries.Check(data) && data.kind === 'reference'
      ? await readStored(bodies, data.bodies, output)
      : { ...readPayload(data, output), payload: data };
  const { attempts, reason, fault } = failureOf(job);
  return {
    queue: job.queueName,
    id: job.id ?? '',
    output,
    attempts,
    time: job.finishedOn ?? job.timestamp,
    ...content,
    ...(removed ? { removed, reason: REMOVED, fault: 'ours' } : { reason, fault }),
  };
}

type HeldDeliveries = { readonly bodies: string; readonly output: string };

/** Undefined: they went meanwhile. */
export async function readHeld(held: HeldDeliveries, bodies: Reader): Promise<Kept | undefined> {
  const { output } = held;
  const stored = await readStored(bodies, held.bodies, output);
  const times = stored.callbacks.map(({ receivedAt }) => receivedAt);
  if (times.length === 0 && stored.kind !== 'unreadable') return undefined;
  const time = times.length > 0 ? Math.min(...times) : 0;
  const id = referenceId(held.bodies, output);
  const common = { queue: outputQueueName(output), id, output, reason: REMOVED, fault: 'ours', removed: true } as const;
  return { ...common, attempts: 0, time, ...stored };
}

async function readStored(bodies: Reader, id: string, output: string) {
  const stored = await bodies.read(id, output).catch(unlessUnreadable);
  if (stored === 'unreadable') return { kind: stored, bodies: id, callbacks: [], payload: { bodies: id } };
  const callbacks = stored?.callbacks ?? [];
  const payload = { bodies: id, batch: stored?.batch, groups: groupCallbacks(callbacks) };
  return { kind: 'batch' as const, bodies: id, callbacks, payload };
}

/** The others can be read. */
function unlessUnreadable(error: unknown): 'unreadable' {
  if (isUnreadable(error)) return 'unreadable';
  throw error;
}

function readPayload(data: unknown, output: string | undefined): Pick<Kept, 'kind' | 'callbacks'> {
  if (output === undefined) {
    if (batches.Check(data)) return { kind: 'batch', callbacks: callbacksOf(data) };
  } else if (deliveries.Check(data) && data.kind !== 'reference') {
    if (data.kind === 'batch') return { kind: 'batch', callbacks: callbacksOf(data) };
    return { kind: 'delivery', callbacks: [data.callback] };
  }
  return { kind: 'unreadable', callbacks: [] };
}
