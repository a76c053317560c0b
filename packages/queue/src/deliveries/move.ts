import type { DeliverySettings } from '@ringback/contracts';
import type { Job, Queue } from 'bullmq';
import { backoff } from '../bullmq/backoff.ts';
import { isLocked } from '../bullmq/lock.ts';
import { outputQueueName } from '../bullmq/names.ts';
import { openQueue } from '../bullmq/queue-options.ts';
import { type Bodies, createBodies } from './bodies/bodies.ts';
import { failureOf } from './failure.ts';
import { movedBy, type MovePlace, type Plan, planOf } from './move-plan.ts';
import { createPortion, type OnMoved, type Portion } from './move-portion.ts';
import { readSource, type Source, sourceOf } from './move-source.ts';
import { moveTogether } from './move-together.ts';
import { createDeliveryProducer, type DeliveryProducer } from './producer.ts';

const PAGE = 100;
/** What a delivery spent at the old output says nothing about the new one: it has all its attempts and time there. */
const UNSPENT = { attempts: 0, uncounted: 0 };
/** No worker consumes the queue: a job that is active was taken by a worker that is gone. */
const STATES = ['failed', 'active', 'delayed', 'prioritized', 'waiting'] as const;

/** Another shard. */
export type MoveTarget = MovePlace & {
  /** Waits until what was written there meets `redis.durability`. MUST come before anything is removed here. */
  readonly confirm: () => Promise<void>;
};

export type MoveOptions = MovePlace & {
  /** An output that no worker serves there. */
  readonly from: string;
  readonly to: { readonly name: string; readonly delivery: Pick<DeliverySettings, 'retry' | 'rateLimit'> };
  /** Another shard, where `to` may have the same name as `from`. Absent: they stay in this one. */
  readonly into?: MoveTarget | undefined;
  /** Of the Redis that they go to. */
  readonly nearlyFull: () => boolean;
  readonly onMoved?: OnMoved | undefined;
};

export type Moved = {
  readonly moved: number;
  /** They had ended at either output before. */
  readonly ended: number;
  /** Jobs and held batches that stay: not ours, or under way. */
  readonly left: number;
};

/**
 * Moves all that one output holds to another, oldest first. Dead letters stay dead letters. MUST add before it
 * removes, with derived ids and a look at the ledger: then it may be cut off and run again without loss or a second
 * attempt.
 * @throws RingbackError RB_OVERLOADED if Redis is nearly full and memory is needed, RB_JOB_ID_TAKEN,
 * RB_PAYLOAD_INVALID, or what `confirm` throws
 */
export async function moveDeliveries(options: MoveOptions): Promise<Moved> {
  const { redis, prefix, from, to, into = { ...options, confirm: async () => {} }, nearlyFull } = options;
  const queue = openQueue(outputQueueName(from), { redis, prefix });
  const there = { redis: into.redis, prefix: into.prefix };
  const producer = createDeliveryProducer({ ...there, output: to.name, delivery: to.delivery, nearlyFull });
  const bodies = createBodies({ redis, prefix });
  const portion = createPortion({ confirm: into.confirm, onMoved: options.onMoved });
  const moving = { ...options, into, producer, bodies, portion, ...(options.into && { bodiesThere: createBodies(there) }) };
  try {
    const jobs = await moveJobs({ ...moving, queue });
    // Held deliveries are younger than jobs. They stay held: jobs would take memory.
    const held = await moveAllHeld(moving);
    return { moved: jobs.moved + held.moved, ended: jobs.ended + held.ended, left: jobs.left + held.left };
  } catch (error) {
    // What is added goes on: while Redis is nearly full, it would stand there twice.
    await portion.finish().catch(() => {});
    throw error;
  } finally {
    await Promise.all([queue.close(), producer.close()]);
  }
}

type Moving = MoveOptions & {
  readonly into: MoveTarget;
  readonly producer: DeliveryProducer;
  readonly bodies: Bodies;
  /** Only of another shard. */
  readonly bodiesThere?: Bodies;
  readonly portion: Portion;
};

type MoveJobs = Moving & { readonly queue: Queue };

async function moveJobs(options: MoveJobs): Promise<Moved> {
  let [moved, ended, left] = [0, 0, 0];
  for (const state of STATES) {
    let stay = 0;
    for (;;) {
      const ids = await options.queue.getRanges([state], stay, stay + PAGE - 1, true);
      if (ids.length === 0) break;
      for (const id of ids) {
        const plan = await moveOne({ ...options, id, failed: state === 'failed' });
        if (!plan) stay += 1;
        ended += plan?.ended ?? 0;
        moved += plan ? movedBy(plan) : 0;
      }
      // MUST come before the next look: they would be found again.
      await options.portion.finish();
    }
    left += stay;
  }
  return { moved, ended, left };
}

async function moveAllHeld(options: Moving): Promise<Moved> {
  let [moved, ended, left] = [0, 0, 0];
  for (const id of await options.bodies.held(options.from)) {
    const plan = await moveHeld(options, id);
    ended += plan?.ended ?? 0;
    moved += plan ? movedBy(plan) : 0;
    left += plan ? 0 : 1;
  }
  await options.portion.finish();
  return { moved, ended, left };
}

type MoveOne = MoveJobs & {
  readonly id: string;
  readonly failed: boolean;
};

/** Undefined: it stays, under way or not ours. */
async function moveOne(options: MoveOne): Promise<Plan | undefined> {
  const { redis, queue, id } = options;
  if (await isLocked(redis, queue, id)) return undefined;
  const job = await queue.getJob(id);
  const source = job && (await sourceOf(job.data, options));
  if (!source) return undefined;
  const plan = await planOf(source, options);
  await moveJob({ ...options, job, source, plan });
  return plan;
}

async function moveHeld(options: Moving, id: string): Promise<Plan | undefined> {
  const source = await readSource(options, id);
  if (!source) return undefined;
  const plan = await planOf(source, { ...options, failed: false });
  await add(options, source, plan);
  const remove = async () => void (await options.bodies.release(id, options.from));
  await options.portion.add({ plan, why: { reason: '', fault: 'ours' }, remove });
  return plan;
}

type MoveJob = MoveOne & { readonly job: Job; readonly source: Source; readonly plan: Plan };

async function moveJob({ job, source, plan, ...options }: MoveJob): Promise<void> {
  const { producer, bodies, from, portion } = options;
  const { attempts, reason, fault } = failureOf(job);
  const { batch, refused = reason } = plan;
  // A dead letter keeps its past. A person reads it until a replay takes it away.
  const { uncounted = 0, failingSince, answer } = source.single ?? {};
  const spent = { attempts: attempts - uncounted, uncounted, ...(failingSince !== undefined && { failingSince }) };
  for (const callback of plan.dead) {
    await producer.addFailed({ batch, callback, spent, outcome: 'dead', reason: refused, fault, answer });
  }
  await add(options, source, plan);
  const remove = async () => {
    await job.remove();
    if (source.stored !== undefined) await bodies.release(source.stored, from);
  };
  await portion.add({ plan, why: { reason: refused, fault }, remove });
}

async function add(options: Moving, source: Source, { batch, alone, together }: Plan): Promise<void> {
  const { producer, to } = options;
  for (const callback of alone) {
    // Random, so that not all reach the other output at once.
    const waitMs = backoff(to.delivery.retry, 1);
    await producer.addFailed({ batch, callback, spent: UNSPENT, outcome: 'retry', waitMs });
  }
  if (together.length === 0) return;
  await moveTogether({ ...options, to: to.name }, { batch, stored: source.stored, all: source.callbacks, going: together });
}
