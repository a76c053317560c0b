import type { Redis } from 'ioredis';
import { outputQueueName, outputRegistryKey } from '../bullmq/names.ts';
import { openQueue } from '../bullmq/queue-options.ts';
import { heldKey } from './bodies/keys.ts';
import { forgetShares } from './bodies/sweep.ts';

type Access = { readonly redis: Redis; readonly prefix: string };

export async function knownOutputs({ redis, prefix }: Access): Promise<string[]> {
  return (await redis.smembers(outputRegistryKey(prefix))).toSorted();
}

/** In jobs. */
export type Held = { readonly output: string; readonly waiting: number; readonly dead: number };

/** Returns the earlier outputs that still hold deliveries. */
export async function noteOutputs({ redis, prefix }: Access, outputs: readonly string[]): Promise<Held[]> {
  if (outputs.length > 0) await redis.sadd(outputRegistryKey(prefix), ...outputs);
  const removed = (await knownOutputs({ redis, prefix })).filter((output) => !outputs.includes(output));
  const held = await Promise.all(removed.map((output) => count({ redis, prefix }, output)));
  return held.filter(({ waiting, dead }) => waiting + dead > 0);
}

async function count(access: Access, output: string): Promise<Held> {
  const queue = openQueue(outputQueueName(output), access);
  try {
    const [jobs, held, dead] = await Promise.all([
      queue.getJobCountByTypes('waiting', 'delayed', 'prioritized', 'active'),
      access.redis.llen(heldKey(access.prefix, output)),
      queue.getFailedCount(),
    ]);
    return { output, waiting: jobs + held, dead };
  } finally {
    await queue.close();
  }
}

/** Only for an output that no worker serves. */
export async function forgetOutput({ redis, prefix }: Access, output: string): Promise<void> {
  const queue = openQueue(outputQueueName(output), { redis, prefix });
  try {
    await queue.obliterate({ force: true });
    await forgetShares({ redis, prefix }, output);
    await redis.srem(outputRegistryKey(prefix), output);
  } finally {
    await queue.close();
  }
}
