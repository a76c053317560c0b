import type { Redis } from 'ioredis';
import { countJobs } from '../bullmq/keys.ts';
import { CALLBACKS, outputQueueName, outputRegistryKey, QUARANTINE, UNROUTED } from '../bullmq/names.ts';
import { heldKey } from '../deliveries/bodies/keys.ts';

/** What the queues of one prefix hold, in jobs. */
export type Standing = {
  /** Batches of callbacks that no worker has dispatched yet. */
  readonly callbacks: number;
  /** Of all outputs: waiting, delayed, held and under way. */
  readonly deliveries: number;
  readonly deadLetters: number;
  readonly quarantined: number;
  readonly unrouted: number;
};

/** Counts what a prefix holds, of our settings or of others. Only reads: BullMQ's own Queue would write there. */
export async function standingUnder(redis: Redis, prefix: string): Promise<Standing> {
  const outputs = await redis.smembers(outputRegistryKey(prefix)).catch(() => []);
  const queues = [CALLBACKS, QUARANTINE, UNROUTED, ...outputs.map(outputQueueName)];
  const counts = await Promise.all(queues.map((name) => countJobs(redis, prefix, name)));
  const held = await Promise.all(outputs.map((output) => redis.llen(heldKey(prefix, output)).catch(() => 0)));
  const [callbacks = NOTHING, quarantine = NOTHING, unrouted = NOTHING, ...deliveries] = counts;
  const sum = (end: keyof typeof NOTHING, of: readonly (typeof NOTHING)[]) => of.reduce((total, count) => total + count[end], 0);
  return {
    callbacks: callbacks.waiting,
    deliveries: held.reduce((total, count) => total + count, sum('waiting', deliveries)),
    deadLetters: sum('failed', [callbacks, ...deliveries]),
    quarantined: quarantine.waiting,
    unrouted: unrouted.waiting,
  };
}

const NOTHING = { waiting: 0, failed: 0 };
