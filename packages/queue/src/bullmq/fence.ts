import { createRunScript } from '@ringback/redis';
import { QueueKeys } from 'bullmq';
import type { Redis } from 'ioredis';
import { counterKey } from './keys.ts';

/*
 * This file leans on the insides of BullMQ 6.7.0: each script that adds a job counts it in the key `id` before it
 * writes anything. fence.test.ts fails when that changes.
 */

const FENCED = 'moved to other shards';

/** KEYS counter, what holds jobs · ARGV text → 1, or 0 if a job is there. */
const FENCE = `
for i = 2, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then return { 0 } end
end
redis.call('SET', KEYS[1], ARGV[1])
return { 1 }`;

const HOLD_JOBS = ['wait', 'paused', 'active', 'delayed', 'prioritized'];

type Fence = { readonly redis: Redis; readonly prefix: string; readonly queue: string };

/** From then on each add fails and leaves nothing behind. False: there are jobs, and no fence. Failed jobs may be there. */
export async function fenceQueue({ redis, prefix, queue }: Fence): Promise<boolean> {
  const keys = new QueueKeys(prefix);
  const own = [counterKey(prefix, queue), ...HOLD_JOBS.map((type) => keys.toKey(queue, type))];
  const [fenced] = await createRunScript(redis)(FENCE, own, [FENCED]);
  return fenced === 1;
}

export async function removeFence({ redis, prefix, queue }: Fence): Promise<void> {
  const key = counterKey(prefix, queue);
  if ((await redis.get(key)) === FENCED) await redis.del(key);
}
