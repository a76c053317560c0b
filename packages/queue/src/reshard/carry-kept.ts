import { QuarantinedCallback, shardOf } from '@ringback/contracts';
import { Compile } from 'typebox/compile';
import type { StandingJob } from '../bullmq/carry-jobs.ts';
import { CALLBACKS, QUARANTINE, UNROUTED } from '../bullmq/names.ts';
import { jsonOf } from './carry-output.ts';
import { type CarriedJobs, carryQueue } from './carry-queue.ts';
import { heirOf, type Plan, placeAt } from './place.ts';

const quarantined = Compile(QuarantinedCallback);

/** Moves what is quarantined in a shard to the shards of its callbacks. */
export async function carryQuarantined(plan: Plan, number: number): Promise<number> {
  const from = placeAt(plan, number);
  let carried = 0;
  for (const queue of [QUARANTINE, UNROUTED]) {
    const { jobs, dead } = await carryQueue({
      from,
      queue,
      targetOf: (job) => placeAt(plan, shardOfEntry(job, plan.to)),
      // The same callback with the same body.
      taken: 'drop',
    });
    carried += jobs + dead;
  }
  return carried;
}

/** What has no id of a callback is in shard 0. */
function shardOfEntry({ id, fields }: StandingJob, shards: number): number {
  const data = jsonOf(fields['data']);
  if (!quarantined.Check(data) || data.id === '') return 0;
  // The id begins with the callback's key.
  return shardOf(id.split('.', 1)[0] ?? '', shards);
}

/** Moves the batches of a shard that goes away: dead ones stay dead, and late ones wait for a worker, who passes them on. */
export function carryBatches(plan: Plan, number: number): Promise<CarriedJobs> {
  const to = placeAt(plan, heirOf(number, plan.to));
  return carryQueue({ from: placeAt(plan, number), queue: CALLBACKS, targetOf: () => to, taken: 'rename' });
}
