import { type Callback, callbackKey, callbacksOf, DeliveryPayload, type DeliverySettings } from '@ringback/contracts';
import { type Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { Compile } from 'typebox/compile';
import { isLocked } from './bullmq-lock.ts';
import { type Bodies, createBodies } from './bodies/bodies.ts';
import { createDeliveryProducer, type DeliveryProducer } from './delivery-producer.ts';
import { outputQueueName } from './names.ts';
import { queueOptions, quiet } from './queue-options.ts';
import { readDeadLetter } from './read-dead-letter.ts';

const PAGE = 100;
/** No worker consumes the queue: what stands as active was taken by one that is gone. */
const STATES = ['failed', 'active', 'delayed', 'prioritized', 'waiting'] as const;

const payload = Compile(DeliveryPayload);

export type MoveOptions = {
  readonly redis: Redis;
  readonly prefix: string;
  /** An output that no worker serves. */
  readonly from: string;
  readonly to: { readonly name: string; readonly delivery: Pick<DeliverySettings, 'retry' | 'rateLimit'> };
  /** The ledger's: what has become of deliveries of a batch at an output. */
  readonly outcomes: (deliveries: { batch: string; output: string }, keys: readonly string[]) => Promise<(string | undefined)[]>;
  /** True while Redis is nearly full. */
  readonly brimming: () => boolean;
};

/** In deliveries, but for `left`. */
export type Moved = {
  readonly moved: number;
  /** Had ended at either output before. */
  readonly ended: number;
  /** Jobs that stay: no payload of ours, or one under way. */
  readonly left: number;
};

/** What is to be done with a delivery at the output that it goes to. */
type Plan = {
  readonly batch: string;
  /** Why it was refused, where its job says so. */
  readonly refused?: string | undefined;
  /** To stand there as dead letters. */
  readonly dead: Callback[];
  /** To be attempted, each as a job of its own, or as one job. */
  readonly alone: Callback[];
  readonly together: Callback[];
  readonly ended: number;
};

/**
 * Moves all that stands in the queue of one output to another, the oldest first: dead letters stay dead letters. MUST add before it removes, under ids that derive from the work, and look
 * at the ledger: then it may be cut off anywhere and run again, and nothing is lost or attempted twice for that.
 * @throws RingbackError RB_OVERLOADED while Redis is nearly full, RB_JOB_ID_TAKEN
 */
export async function moveDeliveries(options: MoveOptions): Promise<Moved> {
  const { redis, prefix, from, to, brimming } = options;
  const queue = quiet(new Queue(outputQueueName(from), queueOptions({ redis, prefix })));
  const producer = createDeliveryProducer({ redis, prefix, output: to.name, delivery: to.delivery, brimming });
  const bodies = createBodies({ redis, prefix });
  let [moved, ended, left] = [0, 0, 0];
  try {
    await queueHeld(options, bodies);
    for (const state of STATES) {
      let stay = 0;
      for (;;) {
        const ids = await queue.getRanges([state], stay, stay + PAGE - 1, true);
        if (ids.length === 0) break;
        for (const id of ids) {
          const plan = await moveOne({ ...options, queue, producer, bodies, id, failed: state === 'failed' });
          if (!plan) stay += 1;
          ended += plan?.ended ?? 0;
          moved += plan ? movedBy(plan) : 0;
        }
      }
      left += stay;
    }
  } finally {
    await Promise.all([queue.close(), producer.close()]);
  }
  return { moved, ended, left };
}

type MoveOne = MoveOptions & {
  readonly queue: Queue;
  readonly producer: DeliveryProducer;
  readonly bodies: Bodies;
  readonly id: string;
  readonly failed: boolean;
};

/** Undefined: it stays, since it is under way or no payload of ours. */
async function moveOne(options: MoveOne): Promise<Plan | undefined> {
  const { redis, queue, id } = options;
  if (await isLocked(redis, queue, id)) return undefined;
  const job = await queue.getJob(id);
  const plan = job && (await planOf(job, options));
  if (job && plan) await moveJob({ ...options, job, plan });
  return plan;
}

const movedBy = ({ dead, alone, together }: Omit<Plan, 'ended'>) => dead.length + alone.length + together.length;

/** Undefined: no payload of ours. */
async function planOf(job: Job, { from, to, outcomes, failed, bodies }: MoveOne): Promise<Plan | undefined> {
  const data: unknown = job.data;
  if (!payload.Check(data)) return undefined;
  const { batch, callbacks } = await contentOf(data, { bodies, output: from });
  const keys = callbacks.map(callbackKey);
  const [before, there] = await Promise.all([
    outcomes({ batch, output: from }, keys),
    outcomes({ batch, output: to.name }, keys),
  ]);
  // What failed says why by itself.
  const refused = data.kind !== 'batch' && !failed ? data.refused : undefined;
  const plan: Omit<Plan, 'ended'> = { batch, refused, dead: [], alone: [], together: [] };
  for (const [index, callback] of callbacks.entries()) {
    // One of a batch that has any outcome ended, or has a job of its own.
    const isOver = before[index] === 'delivered' || (data.kind !== 'single' && before[index] !== undefined);
    if (isOver || there[index] === 'delivered') continue;
    if (failed || refused !== undefined) plan.dead.push(callback);
    // A batch passes over what has an outcome: alone it is attempted all the same.
    else if (data.kind === 'single' || there[index] !== undefined) plan.alone.push(callback);
    else plan.together.push(callback);
  }
  return { ...plan, ended: callbacks.length - movedBy(plan) };
}

type MoveJob = Pick<MoveOne, 'bodies' | 'producer' | 'from'> & { readonly job: Job; readonly plan: Plan };

async function moveJob({ job, plan, producer, bodies, from }: MoveJob): Promise<void> {
  const { attempts, reason, bodies: stored } = await readDeadLetter(job, { output: from }, bodies);
  const { batch, refused = reason } = plan;
  for (const callback of plan.dead) {
    await producer.addFailed({ batch, callback, attempt: attempts, outcome: 'dead', reason: refused });
  }
  for (const callback of plan.alone) await producer.addFailed({ batch, callback, attempt: 0, outcome: 'retry' });
  if (plan.together.length > 0) await producer.addBatch({ id: batch, callbacks: plan.together, again: true });
  await job.remove();
  if (stored !== undefined) await bodies.release(stored, from);
}

type Content = { readonly batch: string; readonly callbacks: readonly Callback[] };

async function contentOf(data: DeliveryPayload, { bodies, output }: { bodies: Bodies; output: string }): Promise<Content> {
  switch (data.kind) {
    case 'batch':
      return { batch: data.batch, callbacks: callbacksOf(data) };
    case 'single':
      return { batch: data.batch, callbacks: [data.callback] };
    case 'reference':
      // Gone: it was delivered, and only the job is left.
      return (await bodies.read(data.bodies, output)) ?? { batch: data.bodies, callbacks: [] };
    default:
      return data satisfies never;
  }
}

/** Makes jobs of what the output holds. */
async function queueHeld({ redis, prefix, from, to, brimming }: MoveOptions, bodies: Bodies): Promise<void> {
  const producer = createDeliveryProducer({ redis, prefix, output: from, delivery: to.delivery, brimming });
  try {
    for (let ids = await bodies.held(from, PAGE); ids.length > 0; ids = await bodies.held(from, PAGE)) {
      await producer.addReferences(ids);
      await Promise.all(ids.map((id) => bodies.fed(id, from)));
    }
  } finally {
    await producer.close();
  }
}
