import { QueueKeys } from 'bullmq';
import type { Redis } from 'ioredis';
import { CALLBACKS, outputQueueName, outputRegistryKey, QUARANTINE, UNROUTED } from '../bullmq/names.ts';
import { heldKey } from '../deliveries/bodies/keys.ts';

/** What stands in the queues of one prefix, in jobs. */
export type Standing = {
  /** Batches of callbacks that no worker has dispatched. */
  readonly callbacks: number;
  /** Of all outputs: what waits, now or for a later attempt, what is held, and what is under way. */
  readonly deliveries: number;
  readonly deadLetters: number;
  readonly quarantined: number;
};

const WAITING = { wait: 'llen', paused: 'llen', active: 'llen', delayed: 'zcard', prioritized: 'zcard' } as const;

/** Counts what a prefix, that of these or of other settings, holds. Changes nothing there: BullMQ's own Queue would write to a prefix that is not ours. */
export async function standingUnder(redis: Redis, prefix: string): Promise<Standing> {
  const outputs = await redis.smembers(outputRegistryKey(prefix)).catch(() => []);
  const queues = [CALLBACKS, QUARANTINE, UNROUTED, ...outputs.map(outputQueueName)];
  const counts = await Promise.all(queues.map((name) => countQueue(redis, new QueueKeys(prefix).getKeys(name))));
  const held = await Promise.all(outputs.map((output) => redis.llen(heldKey(prefix, output)).catch(() => 0)));
  const [callbacks = NOTHING, quarantine = NOTHING, unrouted = NOTHING, ...deliveries] = counts;
  const sum = (end: keyof typeof NOTHING, of: readonly (typeof NOTHING)[]) => of.reduce((total, count) => total + count[end], 0);
  return {
    callbacks: callbacks.waiting,
    deliveries: held.reduce((total, count) => total + count, sum('waiting', deliveries)),
    deadLetters: sum('failed', [callbacks, ...deliveries]),
    quarantined: quarantine.waiting + unrouted.waiting,
  };
}

const NOTHING = { waiting: 0, failed: 0 };

async function countQueue(redis: Redis, keys: Readonly<Record<string, string>>): Promise<typeof NOTHING> {
  // A key of another kind is none of BullMQ's.
  const count = (command: 'llen' | 'zcard', type: string) => redis[command](keys[type] ?? '').catch(() => 0);
  const [failed, ...waiting] = await Promise.all([
    count('zcard', 'failed'),
    ...Object.entries(WAITING).map(([type, command]) => count(command, type)),
  ]);
  return { waiting: waiting.reduce((sum, one) => sum + one, 0), failed };
}
