import { type Callback, callbackKey, callbacksOf, DeliveryPayload, type Fault, StoredShare } from '@ringback/contracts';
import type { Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { Compile } from 'typebox/compile';
import { idPages } from '../bullmq/jobs-of.ts';
import { deliveryBatchId, outputQueueName, referenceId, singleDeliveryId } from '../bullmq/names.ts';
import { openQueue } from '../bullmq/queue-options.ts';
import { parseStored } from './bodies/blob.ts';
import { createBodies, isUnreadable } from './bodies/bodies.ts';
import { bodiesKey } from './bodies/keys.ts';
import { failureOf } from './failure.ts';

const payload = Compile(DeliveryPayload);
const share = Compile(StoredShare);

/** A held list may be long. Only what a later run of a batch sends has bodies under another id than the batch's. */
const HELD_LOOKED_AT = 10_000;
/** Of a queue in one state, the newest. */
const JOBS_LOOKED_AT = 5000;
const PAGE = 1000;

/** Where a delivery stands in Redis. `later`: it waits for its next attempt. */
export type StandingDelivery = {
  readonly at: 'held' | 'waiting' | 'later' | 'under way' | 'dead letter';
  readonly callback: Callback;
  /** Of its own. 0 if it was not attempted, or is in a job with others. */
  readonly attempts: number;
  /** Of the last failure. */
  readonly reason?: string | undefined;
  readonly fault?: Fault | undefined;
  /** ms since the epoch, about. */
  readonly nextAt?: number | undefined;
  /** When it became a dead letter, ms since the epoch. */
  readonly since?: number | undefined;
};

type Access = { readonly redis: Redis; readonly prefix: string };
type Wanted = { readonly batch: string; readonly key: string; readonly output: string };

/** Undefined: no job and no held list has it. It may be done, or was moved meanwhile. */
export async function findDelivery(access: Access, { batch, key, output }: Wanted): Promise<StandingDelivery | undefined> {
  const queue = openQueue(outputQueueName(output), access);
  try {
    const find = createFinder({ ...access, queue, output, key });
    return (
      (await find.job(singleDeliveryId({ batch, key, output }))) ??
      (await find.job(deliveryBatchId(batch, output))) ??
      (await find.stored(batch)) ??
      (await find.inParts(batch)) ??
      (await find.inQueue(batch))
    );
  } finally {
    await queue.close();
  }
}

type FinderOptions = Access & { readonly queue: Queue; readonly output: string; readonly key: string };

function createFinder({ redis, prefix, queue, output, key }: FinderOptions) {
  const bodies = createBodies({ redis, prefix });
  const own = (callbacks: readonly Callback[]) => callbacks.find((callback) => callbackKey(callback) === key);

  async function job(id: string): Promise<StandingDelivery | undefined> {
    const found = await queue.getJob(id);
    const callback = found && own(callbacksIn(found));
    return callback && standing(found, callback, await queue.getJobState(id));
  }

  async function stored(id: string): Promise<StandingDelivery | undefined> {
    const callback = own((await bodies.read(id, output).catch(unlessUnreadable))?.callbacks ?? []);
    if (callback === undefined) return undefined;
    const reference = await queue.getJob(referenceId(id, output));
    if (reference) return standing(reference, callback, await queue.getJobState(referenceId(id, output)));
    const entry = await redis.hgetBuffer(bodiesKey(prefix, id), `@${output}`);
    const now = entry && parseStored(entry);
    return share.Check(now) && now.state === 'held'
      ? { at: 'held', callback, attempts: 0 }
      : { at: 'waiting', callback, attempts: 0 };
  }

  async function inParts(batch: string): Promise<StandingDelivery | undefined> {
    const parts = (await bodies.held(output, HELD_LOOKED_AT)).filter((id) => id.startsWith(`${batch}.`));
    for (const id of parts) {
      const found = await stored(id);
      if (found) return found;
    }
    return undefined;
  }

  return { job, stored, inParts, inQueue: (batch: string) => findInQueue(queue, batch, stored) };
}

type Stored = (bodies: string) => Promise<StandingDelivery | undefined>;

/** What returned from the history, or a later run sent: a job names bodies under another id. */
async function findInQueue(queue: Queue, batch: string, stored: Stored): Promise<StandingDelivery | undefined> {
  for (const state of ['active', 'waiting', 'failed'] as const) {
    let looked = 0;
    for await (const ids of idPages({ queue, state, size: PAGE })) {
      looked += ids.length;
      for (const id of ids.filter((one) => one.startsWith(`${batch}.`))) {
        const data: unknown = (await queue.getJob(id))?.data;
        const found = payload.Check(data) && data.kind === 'reference' ? await stored(data.bodies) : undefined;
        if (found) return found;
      }
      if (looked >= JOBS_LOOKED_AT) break;
    }
  }
  return undefined;
}

/** Whose they are cannot be told. `dead-letters` names them. */
function unlessUnreadable(error: unknown): undefined {
  if (!isUnreadable(error)) throw error;
}

function callbacksIn(job: Job): readonly Callback[] {
  const data: unknown = job.data;
  if (!payload.Check(data) || data.kind === 'reference') return [];
  return data.kind === 'batch' ? callbacksOf(data) : [data.callback];
}

const AT: Readonly<Record<string, StandingDelivery['at']>> = { active: 'under way', delayed: 'later', failed: 'dead letter' };

function standing(job: Job, callback: Callback, state: string): StandingDelivery {
  const at = AT[state] ?? 'waiting';
  const { attempts, reason, fault } = failureOf(job);
  const failed = reason !== '' || attempts > 0;
  return {
    at,
    callback,
    attempts: job.name === 'single' ? attempts : 0,
    ...(reason !== '' && { reason }),
    ...(failed && { fault }),
    ...(at === 'later' && { nextAt: (job.processedOn ?? job.timestamp) + job.delay }),
    ...(at === 'dead letter' && { since: job.finishedOn ?? job.timestamp }),
  };
}
