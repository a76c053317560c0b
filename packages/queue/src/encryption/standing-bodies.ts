import { Callback, CallbackBatch, DeliveryPayload, QuarantinedCallback, RingbackError } from '@ringback/contracts';
import type { Redis } from 'ioredis';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { hashesOf } from '../bullmq/hashes.ts';
import { stateOf } from '../bullmq/keys.ts';
import { CALLBACKS, isOurQueue, outputQueueName, QUARANTINE, UNROUTED } from '../bullmq/names.ts';
import { jobData, jobOfKey, rewriteJob } from '../bullmq/rewrite-job.ts';
import { isUnreadable } from '../deliveries/bodies/bodies.ts';
import { bodiesKey } from '../deliveries/bodies/keys.ts';
import { readReplaceable, replaceBodies } from '../deliveries/bodies/replace.ts';

const batches = Compile(CallbackBatch);
const deliveries = Compile(DeliveryPayload);
const quarantined = Compile(QuarantinedCallback);
const callbackList = Compile(Type.Array(Callback));

type Place = 'callbacks' | 'deliveries' | 'retries' | 'dead letters' | 'quarantine' | 'unrouted';

/** A job, or stored bodies, as it stands in a shard's Redis. */
export type StandingBodies = {
  readonly place: Place;
  /** Whose deliveries these are. Several may share bodies. */
  readonly outputs: readonly string[];
  /** JSON in which bodies are. Undefined: not of our making, or of a newer Ringback. */
  readonly payload: unknown;
  /** Only if it is as it was read. `under way`: a worker has it. */
  readonly replace: (payload: unknown) => Promise<'rewritten' | 'under way' | 'changed' | 'gone'>;
};

type Access = { readonly redis: Redis; readonly prefix: string };

/**
 * All that has bodies in one shard's queues, in portions that are read at once. What stands from the beginning to the end
 * comes at least once, and perhaps twice.
 */
export async function* standingBodies(access: Access): AsyncGenerator<readonly StandingBodies[]> {
  const stored = bodiesKey(access.prefix, '');
  const readAt = async (key: string) => {
    const job = jobOfKey(access.prefix, key);
    if (key.startsWith(stored)) return storedBodies(access, key.slice(stored.length));
    return job !== undefined && isOurQueue(job.queue) ? bodiesOfJob(access, key, job) : undefined;
  };
  for await (const keys of hashesOf(access)) {
    const found = (await Promise.all(keys.map(readAt))).flatMap((one) => one ?? []);
    if (found.length > 0) yield found;
  }
}

type JobName = { readonly queue: string; readonly id: string };

async function bodiesOfJob(access: Access, key: string, job: JobName): Promise<StandingBodies | undefined> {
  const [text, place] = await Promise.all([jobData(access.redis, key), placeOf(access, job)]);
  if (text === undefined) return undefined;
  const payload = payloadIn(job.queue, text);
  if (payload === 'elsewhere') return undefined;
  return { ...place, payload, replace: (changed) => rewriteJob({ ...access, ...job }, text, changed) };
}

/** `elsewhere`: a job that names stored bodies. */
function payloadIn(queue: string, text: string): unknown {
  const data = jsonOf(text);
  if (queue === CALLBACKS) return batches.Check(data) ? data : undefined;
  if (queue === QUARANTINE || queue === UNROUTED) return quarantined.Check(data) ? data : undefined;
  if (!deliveries.Check(data)) return undefined;
  return data.kind === 'reference' ? 'elsewhere' : data;
}

async function placeOf({ redis, prefix }: Access, job: JobName): Promise<Pick<StandingBodies, 'place' | 'outputs'>> {
  const { queue } = job;
  if (queue === QUARANTINE || queue === UNROUTED) return { place: queue, outputs: [] };
  const state = await stateOf(redis, prefix, job);
  if (queue === CALLBACKS) return { place: state === 'failed' ? 'dead letters' : queue, outputs: [] };
  return { place: PLACES[state], outputs: [queue.slice(outputQueueName('').length)] };
}

const PLACES = { failed: 'dead letters', delayed: 'retries', waiting: 'deliveries' } as const;

async function storedBodies(access: Access, id: string): Promise<StandingBodies | undefined> {
  const stored = await readReplaceable(access, id).catch((error: unknown) => {
    if (isUnreadable(error)) return 'unreadable' as const;
    throw error;
  });
  if (stored === undefined) return undefined;
  if (stored === 'unreadable') return { place: 'deliveries', outputs: [], payload: undefined, replace: async () => 'changed' };
  const { outputs, callbacks } = stored;
  return {
    place: outputs.every(({ isDead }) => isDead) ? 'dead letters' : 'deliveries',
    outputs: outputs.map(({ name }) => name).toSorted(),
    payload: callbacks,
    replace: (changed) => replaceBodies(access, stored, callbacksIn(changed)),
  };
}

function callbacksIn(value: unknown): Callback[] {
  if (callbackList.Check(value)) return value;
  throw new RingbackError('RB_INTERNAL', 'what replaces stored bodies is no list of callbacks');
}

/** Of what is not JSON: nothing that fits. */
function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
