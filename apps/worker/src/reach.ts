import { type Durability, RingbackError } from '@ringback/contracts';
import { createGroupCommit, within } from '@ringback/pacing';
import { HandBack } from '@ringback/queue';
import { createConfirm, type createRedisWatch, isReady, refusalOf } from '@ringback/redis';
import type { Redis } from 'ioredis';

/** ms. Meanwhile a batch takes a place in its own shard. */
export const REACHED_WITHIN_MS = 5000;
const CONFIRMED_WITHIN_MS = 1000;
const OPENED_WITHIN_MS = 2000;
/** ms until a batch runs again that could not reach another shard. */
const AGAIN_AFTER_MS = 5000;
/** Then what was written is there, and is written again later. */
const NOT_YET = ['RB_DURABILITY_UNMET', 'RB_OVERLOADED'];

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
};

export function createReach({ redis, watch, durability }: ReachOptions): Reach {
  const { waitaof, followers } = watch;
  const confirm = createConfirm({ redis, durability, timeout: CONFIRMED_WITHIN_MS, waitaof, followers });
  // Redis confirms all that the connection wrote before.
  const confirmed = createGroupCommit({ write: () => confirm(), sizeOf: () => 0, maxItems: Infinity, maxBytes: Infinity });
  let silent = false;
  let opening: Promise<void> | undefined;
  /** A process has only begun to connect when it takes its first batches. */
  const opened = () => (opening ??= within(OPENED_WITHIN_MS, open()));

  async function open(): Promise<void> {
    await isReady(redis, OPENED_WITHIN_MS);
    await watch.look();
  }

  async function listen(): Promise<void> {
    if (await watch.probe()) silent = false;
  }

  async function ask<T>(work: () => Promise<T>): Promise<T> {
    await opened();
    if (silent) void listen();
    if (silent || redis.status !== 'ready') throw later();
    const done = await within(
      REACHED_WITHIN_MS,
      work().then((value) => ({ value }), whyNot),
    );
    if (done) return done.value;
    silent = true;
    throw later();
  }

  return {
    ask,
    async write(work) {
      await opened();
      if (watch.unmet() !== undefined || watch.nearlyFull()) throw later();
      return ask(async () => {
        const value = await work();
        await confirmed.submit(undefined);
        return value;
      });
    },
  };
}

const later = () => new HandBack({ afterMs: AGAIN_AFTER_MS });

function whyNot(error: unknown): never {
  const notYet = error instanceof RingbackError && NOT_YET.includes(error.code);
  throw notYet || refusalOf(error) !== undefined ? later() : error;
}
