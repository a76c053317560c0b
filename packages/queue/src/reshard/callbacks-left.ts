import { countJobs } from '../bullmq/keys.ts';
import { CALLBACKS } from '../bullmq/names.ts';
import { callbackQueueState } from '../bullmq/queue-state.ts';
import type { ShardPlace } from './place.ts';

export type CallbacksLeft = { readonly shard: number; readonly batches: number };

/** Batches that no worker has dispatched yet, in the shards that have some. */
export async function callbacksLeft(shards: readonly ShardPlace[]): Promise<CallbacksLeft[]> {
  const left = await Promise.all(
    shards.map(async ({ number, redis, prefix }) => {
      const { waiting } = await countJobs(redis, prefix, CALLBACKS);
      return { shard: number, batches: waiting };
    }),
  );
  return left.filter(({ batches }) => batches > 0);
}

export async function isDispatchPaused(access: ShardPlace): Promise<boolean> {
  const queue = callbackQueueState(access);
  try {
    return await queue.isPaused();
  } finally {
    await queue.close();
  }
}
