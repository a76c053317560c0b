import type { Durability } from '@ringback/contracts';
import { createGroupCommit, within } from '@ringback/pacing';
import { createConfirm, type createRedisWatch, isReady } from '@ringback/redis';
import type { Redis } from 'ioredis';
import { createShardOutage } from './shard-outage.ts';

/** ms. Meanwhile a batch takes a place in its own shard. */
export const REACHED_WITHIN_MS = 5000;
const CONFIRMED_WITHIN_MS = 1000;
const OPENED_WITHIN_MS = 2000;

/**
 * Commands in a shard for work of another one. If the shard is away both throw HandBack: the batch runs again
 * later and loses no attempt, and no other work waits for that shard. A command that was given up may still run.
 */
export type Reach = {
  ask<T>(work: () => Promise<T>): Promise<T>;
  /** MUST be as safe as an ack: what it was made of is removed at another primary. Not into a nearly full Redis. */
  write<T>(work: () => Promise<T>): Promise<T>;
};

export type ReachOptions = {
  readonly redis: Redis;
  readonly watch: Pick<ReturnType<typeof createRedisWatch>, 'look' | 'probe' | 'unmet' | 'nearlyFull' | 'waitaof' | 'followers'>;
  readonly durability: Durability;
  /** Monotonic, ms. */
  readonly now: () => number;
};

export function createReach(options: ReachOptions): Reach {
  const { redis, watch, durability } = options;
  const { waitaof, followers } = watch;
  const confirm = createConfirm({ redis, durability, timeout: CONFIRMED_WITHIN_MS, waitaof, followers });
  // Redis confirms all that the connection wrote before.
  const confirmed = createGroupCommit({ write: () => confirm(), sizeOf: () => 0, maxItems: Infinity, maxBytes: Infinity });
  const outage = createShardOutage(options);
  let opening: Promise<void> | undefined;
  /** A process has only begun to connect when it takes its first batches. */
  const opened = () => (opening ??= within(OPENED_WITHIN_MS, open()));

  async function open(): Promise<void> {
    await isReady(redis, OPENED_WITHIN_MS);
    await watch.look();
  }

  async function ask<T>(work: () => Promise<T>): Promise<T> {
    await opened();
    if (outage.silent() || redis.status !== 'ready') throw outage.later();
    const done = await within(
      REACHED_WITHIN_MS,
      work().then((value) => ({ value }), outage.whyNot),
    );
    if (!done) throw outage.noAnswer();
    outage.over();
    return done.value;
  }

  return {
    ask,
    async write(work) {
      await opened();
      if (watch.unmet() !== undefined || watch.nearlyFull()) throw outage.later();
      return ask(async () => {
        const value = await work();
        await confirmed.submit(undefined);
        return value;
      });
    },
  };
}
