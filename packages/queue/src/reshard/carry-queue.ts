import { setTimeout as delay } from 'node:timers/promises';
import { RingbackError } from '@ringback/contracts';
import { dropJob, JOB_STATES, jobsIn, lockedFor, putJob, type QueuePlace, type StandingJob } from '../bullmq/carry-jobs.ts';
import { needRoom, type ShardPlace } from './place.ts';

/** Jobs may hold 1 MiB each. */
const PAGE = 20;
/** Far longer than any lock: nobody renews it. ms. */
const LOCKED_FOR_AT_MOST = 600_000;
const LOOK_AGAIN_MS = 500;
/** A name that others have is followed by another one. */
const NAMES = 10;

export type CarryQueue = {
  readonly from: ShardPlace;
  readonly queue: string;
  readonly targetOf: (job: StandingJob) => ShardPlace;
  /** MUST bring what the job needs. Resolves to the job as it stands there. */
  readonly prepare?: (job: StandingJob, target: ShardPlace) => Promise<StandingJob>;
  /** After the job has gone here. */
  readonly removed?: (job: StandingJob) => Promise<unknown>;
  /** An id that another job has: `rename`, or, if only the same can have it, `drop`. */
  readonly taken: 'rename' | 'drop';
};

export type CarriedJobs = { readonly jobs: number; readonly dead: number };

/**
 * Moves jobs as they are, the oldest first. MUST put before it drops: it may be cut off and run again.
 * @throws RingbackError RB_OUTPUT_IN_USE, RB_JOB_ID_TAKEN or RB_OVERLOADED
 */
export async function carryQueue(options: CarryQueue): Promise<CarriedJobs> {
  const { from, queue, targetOf } = options;
  let [jobs, dead] = [0, 0];
  for (const state of JOB_STATES) {
    let skip = 0;
    for (;;) {
      const page = await jobsIn({ ...from, queue }, state, { skip, count: PAGE });
      if (page.length === 0) break;
      const going = page.filter((job) => targetOf(job) !== from);
      skip += page.length - going.length;
      await carry(options, going);
      if (state === 'failed') dead += going.length;
      else jobs += going.length;
    }
  }
  return { jobs, dead };
}

async function carry(options: CarryQueue, jobs: readonly StandingJob[]): Promise<void> {
  const { from, queue, targetOf, removed = async () => {} } = options;
  const here = { ...from, queue };
  for (const { id } of jobs.filter(({ state }) => state === 'active')) await untilUnlocked(here, id);
  const targets = [...new Set(jobs.map(targetOf))];
  await Promise.all(targets.map(needRoom));
  await Promise.all(jobs.filter(({ fields }) => fields['data']).map((job) => put(options, job)));
  await Promise.all(targets.map((target) => target.confirm()));
  await Promise.all(
    jobs.map(async (job) => {
      await dropJob(here, job);
      await removed(job);
    }),
  );
}

async function put({ from, queue, targetOf, prepare, taken }: CarryQueue, standing: StandingJob): Promise<void> {
  const target = targetOf(standing);
  const job = prepare ? await prepare(standing, target) : standing;
  const there = { ...target, queue };
  if ((await putJob(there, job)) !== 'taken' || taken === 'drop') return;
  for (let number = 1; number < NAMES; number += 1) {
    const id = `${job.id}.${from.number}${number === 1 ? '' : `.${number}`}`;
    if ((await putJob(there, { ...job, id })) !== 'taken') return;
  }
  const where = `of ${queue} in shard ${target.number}: it stays in shard ${from.number}`;
  throw new RingbackError('RB_JOB_ID_TAKEN', `other jobs have all names for ${job.id} ${where}`);
}

/** Its worker is gone, or hangs. */
async function untilUnlocked(place: QueuePlace, id: string): Promise<void> {
  const until = performance.now() + LOCKED_FOR_AT_MOST;
  for (;;) {
    const ms = await lockedFor(place, id);
    if (ms === 0) return;
    if (performance.now() > until)
      throw new RingbackError('RB_OUTPUT_IN_USE', `a worker still has jobs of ${place.queue} under way`);
    await delay(Math.min(ms, LOOK_AGAIN_MS));
  }
}
