import { callbackKey, CallbackBatch, callbacksOf, shardOf } from '@ringback/contracts';
import { Compile } from 'typebox/compile';
import { JOB_STATES, jobsIn } from '../bullmq/carry-jobs.ts';
import { CALLBACKS } from '../bullmq/names.ts';
import { jsonOf } from './carry-output.ts';
import { heirOf, type Plan, placeAt } from './place.ts';

const PAGE = 20;

const payload = Compile(CallbackBatch);

/** For each batch that was not dispatched: the keys of its callbacks that will belong to the shard where it will be. */
export type LeftBatches = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Dead batches, and what came late. If such a batch runs again, it passes on callbacks that belong elsewhere, under
 * another name. So its claims of these MUST go, or they would be taken for duplicates.
 */
export async function leftBatches(plan: Plan): Promise<LeftBatches> {
  const left = new Map<string, ReadonlySet<string>>();
  for (let number = 0; number < plan.from; number += 1) {
    const home = heirOf(number, plan.to);
    for (const state of JOB_STATES) {
      for (let skip = 0; ; skip += PAGE) {
        const page = await jobsIn({ ...placeAt(plan, number), queue: CALLBACKS }, state, { skip, count: PAGE });
        if (page.length === 0) break;
        for (const { id, fields } of page) {
          const data = jsonOf(fields['data']);
          const keys = payload.Check(data) ? callbacksOf(data).map(callbackKey) : [];
          left.set(id, new Set(keys.filter((key) => shardOf(key, plan.to) === home)));
        }
      }
    }
  }
  return left;
}
