import { type Callback, cannotDecrypt } from '@ringback/contracts';
import type { Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { hashesOf } from '../bullmq/hashes.ts';
import { isLocked } from '../bullmq/lock.ts';
import { CALLBACKS, isOurQueue, outputQueueName, QUARANTINE, referenceId, UNROUTED } from '../bullmq/names.ts';
import { openQueue } from '../bullmq/queue-options.ts';
import { jobData, jobOfKey, rewriteJob } from '../bullmq/rewrite-job.ts';
import { isUnreadable } from '../deliveries/bodies/bodies.ts';
import { type ForgottenShare, forgetStored, forgottenShares, readShares } from '../deliveries/bodies/forget.ts';
import { bodiesKey } from '../deliveries/bodies/keys.ts';
import { findInJob } from './jobs.ts';
import type { ForgottenIn, Person } from './person.ts';
import { createTally, type Tally } from './tally.ts';

/** What changed between reading and writing is read again. */
const TRIES = 5;

type ForgetOptions = {
  readonly redis: Redis;
  readonly prefix: string;
  readonly person: Person;
  /** Only counts. */
  readonly dryRun: boolean;
};

type Forgetting = ForgetOptions & { readonly tally: Tally; readonly queue: (name: string) => Queue };

/**
 * Removes a person from all queues and stored bodies of one shard. Others' callbacks in the same batches stay, and so
 * do claims. What moves meanwhile may be missed: call it until it finds nothing. Resolves also to the keys of what was
 * found.
 */
export async function forgetInQueues(
  options: ForgetOptions,
): Promise<{ readonly places: readonly ForgottenIn[]; readonly keys: ReadonlySet<string> }> {
  const { redis, prefix } = options;
  const queues = new Map<string, Queue>();
  const queue = (name: string) => {
    const open = queues.get(name) ?? openQueue(name, { redis, prefix });
    queues.set(name, open);
    return open;
  };
  const tally = createTally();
  const forgetting = { ...options, tally, queue };
  try {
    for await (const keys of hashesOf(options)) for (const key of keys) await forgetAt(forgetting, key);
  } finally {
    await Promise.all([...queues.values()].map((open) => open.close()));
  }
  return tally.found();
}

async function forgetAt(forgetting: Forgetting, key: string): Promise<void> {
  const { prefix } = forgetting;
  const start = bodiesKey(prefix, '');
  if (key.startsWith(start)) return forgetBodies(forgetting, key.slice(start.length));
  const job = jobOfKey(prefix, key);
  if (job !== undefined && isOurQueue(job.queue)) return forgetJob(forgetting, key, job);
}

async function forgetJob(forgetting: Forgetting, key: string, job: { queue: string; id: string }): Promise<void> {
  const { redis, prefix, person, dryRun, tally } = forgetting;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const text = await jobData(redis, key);
    const found = text === undefined ? undefined : findInJob(job.queue, text, person);
    if (text === undefined || found === undefined) return;
    const place = await placeOf(forgetting, job);
    if (found === 'unreadable') return tally.note(place, 'unreadable', 1);
    const { gone, data } = found;
    if (dryRun) return tally.note(place, 'removed', gone);
    const done = data === undefined ? await remove(forgetting, job) : await rewriteJob({ redis, prefix, ...job }, text, data);
    if (done === 'rewritten' || done === 'removed') return tally.note(place, 'removed', gone);
    if (done === 'under way') return tally.note(place, 'underWay', gone);
  }
}

async function remove({ redis, queue }: Forgetting, job: { queue: string; id: string }) {
  const found: Job | undefined = await queue(job.queue).getJob(job.id);
  if (found === undefined) return 'gone';
  try {
    await found.remove();
    return 'removed';
  } catch (error) {
    if (await isLocked(redis, queue(job.queue), job.id)) return 'under way';
    throw error;
  }
}

async function placeOf({ queue: open }: Forgetting, { queue, id }: { queue: string; id: string }) {
  if (queue === CALLBACKS || queue === QUARANTINE || queue === UNROUTED) return { place: queue } as const;
  const output = queue.slice(outputQueueName('').length);
  const isDead = (await (await open(queue).getJob(id))?.isFailed()) === true;
  return { place: isDead ? 'dead letters' : 'deliveries', output } as const;
}

async function forgetBodies(forgetting: Forgetting, id: string): Promise<void> {
  const { dryRun, tally } = forgetting;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const found = await findInShares(forgetting, id);
    if (found === undefined) return;
    // Nobody can tell whose they are.
    if (found === 'unreadable') return tally.note({ place: 'deliveries' }, 'unreadable', 1);
    const { stored, gone } = found;
    if (gone.size === 0) return;
    const shares = forgottenShares(stored, gone);
    const done = dryRun ? 'forgotten' : await forgetShares(forgetting, stored, { gone, shares });
    if (done === 'changed') continue;
    for (const { output, state, removed } of shares) {
      const place = state === 'dead' ? 'dead letters' : 'deliveries';
      tally.note({ place, output }, done === 'forgotten' ? 'removed' : 'underWay', removed);
    }
    return;
  }
}

async function findInShares(forgetting: Forgetting, id: string) {
  try {
    const stored = await readShares(forgetting, id);
    return stored && { stored, gone: new Set(stored.callbacks.filter((callback) => forgetting.person.isIn(callback))) };
  } catch (error) {
    if (isUnreadable(error) || cannotDecrypt(error)) return 'unreadable';
    throw error;
  }
}

type Stored = NonNullable<Awaited<ReturnType<typeof readShares>>>;
type Gone = { readonly gone: ReadonlySet<Callback>; readonly shares: readonly ForgottenShare[] };

/** MUST remove the job of a share of which nothing is left before the share: a dead letter would stay, with nothing in it. */
async function forgetShares(forgetting: Forgetting, stored: Stored, { gone, shares }: Gone) {
  for (const { output, all } of shares) {
    if (!all) continue;
    const removed = await remove(forgetting, { queue: outputQueueName(output), id: referenceId(stored.id, output) });
    if (removed === 'under way') return removed;
  }
  return forgetStored(forgetting, stored, gone);
}
