import { type Callback, CallbackBatch, callbacksOf } from '@ringback/contracts';
import type { Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { Compile } from 'typebox/compile';
import { jobsOf } from '../bullmq/jobs-of.ts';
import { CALLBACKS } from '../bullmq/names.ts';
import { openQueue } from '../bullmq/queue-options.ts';

const payload = Compile(CallbackBatch);

/** `failed`: its batch is among the dead letters. */
export type StandingCallback = {
  readonly at: 'waiting' | 'under way' | 'failed';
  readonly batch: string;
  readonly callback: Callback;
};

type Access = { readonly redis: Redis; readonly prefix: string };
type Wanted = {
  /** If it is known from the claim: then no other is looked at. */
  readonly batch?: string | undefined;
  readonly fits: (callback: Callback) => boolean;
  /** Batches looked at, the newest of each state. */
  readonly most: number;
};

const STATES = { waiting: 'waiting', delayed: 'waiting', active: 'under way', failed: 'failed' } as const;

/** Callbacks that no worker has dispatched yet. `all`: every batch was looked at. */
export async function findCallbacks(
  access: Access,
  { batch, fits, most }: Wanted,
): Promise<{ readonly found: StandingCallback[]; readonly all: boolean }> {
  const queue = openQueue(CALLBACKS, access);
  try {
    if (batch !== undefined) return { found: await inBatch(queue, batch, fits), all: true };
    const found: StandingCallback[] = [];
    let looked = 0;
    for (const state of ['active', 'waiting', 'delayed', 'failed'] as const) {
      for await (const job of jobsOf({ queue, state })) {
        if (looked >= most) return { found, all: false };
        looked += 1;
        found.push(...standing(job, STATES[state], fits));
      }
    }
    return { found, all: true };
  } finally {
    await queue.close();
  }
}

async function inBatch(queue: Queue, batch: string, fits: Wanted['fits']): Promise<StandingCallback[]> {
  const job = await queue.getJob(batch);
  if (!job) return [];
  const state = await queue.getJobState(batch);
  return standing(job, state === 'active' ? 'under way' : state === 'failed' ? 'failed' : 'waiting', fits);
}

function standing(job: Job, at: StandingCallback['at'], fits: Wanted['fits']): StandingCallback[] {
  const data: unknown = job.data;
  if (!payload.Check(data)) return [];
  return callbacksOf(data)
    .filter(fits)
    .map((callback) => ({ at, batch: job.id ?? '', callback }));
}
