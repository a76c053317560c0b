import { type Callback, groupCallbacks, homeShardOf } from '@ringback/contracts';
import { testCallback } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { addFailedJob } from '../bullmq/fail-job.ts';
import { batchJobOptions } from '../bullmq/job-options.ts';
import { createRouteCounts, readRouteCounts } from '../callbacks/route-counts.ts';
import { readBacklog } from '../deliveries/bodies/backlog.ts';
import { createBodies } from '../deliveries/bodies/bodies.ts';
import { createDeliveryProducer } from '../deliveries/producer.ts';
import type { ShardPlace } from './place.ts';
import { type Installed, LATER, many, OUTPUTS } from './test-shards.ts';

const delivery = { retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 60_000, maxDelay: 60_000 } };

/** Something of every kind in this shard. */
export async function fill({ place }: Installed, number: number): Promise<void> {
  const shard = place(number);
  await fillQueues(shard);
  await fillBodies(shard);
  const { redis, prefix } = shard;
  await redis.hset(`${prefix}:ledger:s${number}inline.crm`, 'k', 'delivered');
  await redis.pexpire(`${prefix}:ledger:s${number}inline.crm`, LATER);
  await createRouteCounts(shard).dropped(new Map([['test', number + 1]]));
  await redis.hset(`${prefix}:backlog`, 'crm.dropped', 10);
}

async function fillQueues({ redis, prefix, number }: ShardPlace): Promise<void> {
  for (const output of ['crm', 'ops']) {
    const producer = createDeliveryProducer({ redis, prefix, output, delivery, nearlyFull: () => false });
    await producer.addBatch({ id: `s${number}inline`, callbacks: many(`s${number}inline`, 2), again: false });
    const failed = { batch: `s${number}retry`, callback: testCallback(`s${number}retry`), spent: { attempts: 1, uncounted: 0 } };
    await producer.addFailed({ ...failed, outcome: 'retry', waitMs: LATER });
    await producer.close();
  }
  const queue = new Queue('output.crm', { connection: redis, prefix });
  const data = { v: 1, kind: 'batch', batch: `s${number}dead`, groups: groupCallbacks(many(`s${number}dead`, 2)) };
  const job = { name: 'batch', data, opts: batchJobOptions(`s${number}dead.crm`) };
  await addFailedJob({ queue, redis, job, reason: 'no', now: 1000 });
  await queue.close();
}

async function fillBodies(shard: ShardPlace): Promise<void> {
  const name = `s${shard.number}`;
  const callbacks = many(`${name}stored`, 2);
  const shares = [
    { output: 'crm', callbacks, state: 'queued' },
    { output: 'ops', callbacks: callbacks.slice(1), state: 'held' },
  ] as const;
  await store(shard, `${name}stored`, shares);
  for (const id of [`${name}held1`, `${name}held2`])
    await store(shard, id, [{ output: 'crm', callbacks: many(id, 2), state: 'held' }]);
  await addReference(shard, 'crm', `${name}stored`);
}

type Shares = readonly { readonly output: string; readonly callbacks: readonly Callback[]; readonly state: 'held' | 'queued' }[];

async function store(shard: ShardPlace, id: string, shares: Shares): Promise<void> {
  const all = shares.map((share) => ({ ...share, beyond: 'held' as const }));
  await createBodies(shard).store({ id, batch: id, again: false, compact: true, shares: all });
}

async function addReference({ redis, prefix }: ShardPlace, output: string, bodies: string): Promise<void> {
  const queue = new Queue(`output.${output}`, { connection: redis, prefix });
  await queue.add('reference', { v: 2, kind: 'reference', bodies }, batchJobOptions(`${bodies}.ref.${output}`));
  await queue.close();
}

/** Bodies under the name of a batch of the last shard, as an output with a limit has them at its home. */
export async function fillHome({ place }: Installed, from: number): Promise<void> {
  const home = place(homeShardOf('slow', from));
  const id = `s${from - 1}stored`;
  const batch = home.number === from - 1 ? `${id}.limited` : id;
  await store(home, batch, [{ output: 'slow', callbacks: many('limited', 3), state: 'queued' }]);
  await addReference(home, 'slow', batch);
}

/** All deliveries by output, state and callback, whatever the shard. */
export async function deliveries(shards: readonly ShardPlace[]): Promise<string[]> {
  const found: string[] = [];
  for (const shard of shards) {
    const bodies = createBodies(shard);
    for (const output of OUTPUTS) {
      const note = (state: string, callbacks: readonly Callback[]) =>
        found.push(...callbacks.map(({ id }) => `${output} ${state} ${id}`));
      for (const id of await bodies.held(output)) note('held', (await bodies.read(id, output))?.callbacks ?? []);
      const queue = new Queue(`output.${output}`, { connection: shard.redis, prefix: shard.prefix });
      for (const state of ['waiting', 'delayed', 'failed'] as const) {
        for (const { data } of await queue.getJobs([state])) {
          if (data.kind === 'reference')
            note(state, (await bodies.read(data.bodies, output))?.callbacks ?? [testCallback('lost')]);
          else if (data.kind === 'single') note(state, [data.callback]);
          else
            note(
              state,
              data.groups.flatMap((group: { callbacks: Callback[] }) => group.callbacks),
            );
        }
      }
      await queue.close();
    }
  }
  return found.toSorted();
}

/** Sums over the shards. */
export async function countsOf(shards: readonly ShardPlace[]): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  const add = (name: string, count: number) => {
    if (count !== 0) sums[name] = (sums[name] ?? 0) + count;
  };
  for (const shard of shards) {
    for (const [output, backlog] of await readBacklog(shard))
      for (const [name, count] of Object.entries(backlog)) add(`${output} ${name}`, count);
    for (const { name, count } of (await readRouteCounts(shard)).dropped) add(`dropped ${name}`, count);
  }
  return sums;
}
