import type { Redis } from 'ioredis';

/**
 * What time it is for Redis. All processes schedule by it, since their own clocks may be off, or be set. In between two looks time goes on by the monotonic clock, so that setting ours
 * changes nothing.
 */
export type RedisClock = {
  /** ms since the epoch; by our own clock while Redis has not told. */
  readonly now: () => number;
  /** How many ms our own clock is ahead of Redis's, negative: behind. 0 below a second, and while Redis has not told. */
  ahead(): number;
  /** False where our own clock has moved on by more than ours that only grows: it was set, or the machine was suspended, which the other one does not count. Then `now` may be too early. Asks Redis. */
  isSure(): boolean;
  /** False until Redis has told, or refused to tell, for the first time. */
  isKnown(): boolean;
  /** Asks Redis, or joins the question under way. Never rejects: where Redis does not answer, what was known stays. */
  measure(): Promise<void>;
};

type RedisClockOptions = {
  /** Redis's TIME: seconds and microseconds. */
  readonly time: () => Promise<readonly (number | string)[]>;
  /** Our clock, ms since the epoch. */
  readonly wall: () => number;
  /** ms that only ever grow. */
  readonly elapsed: () => number;
};

/** Nobody asks for it in between: then now and then a command costs a second one, for which nobody waits. ms. */
const MEASURE_AGAIN_AFTER = 5000;
/** An answer that took longer tells too little to replace an earlier one. ms. */
const MAX_ROUND_TRIP = 1000;
/** Less is not worth a change: round trips, and clocks that are kept by NTP. ms. */
const MIN_SKEW = 1000;

export function createRedisClock({ time, wall, elapsed }: RedisClockOptions): RedisClock {
  let known: { readonly redis: number; readonly at: number; readonly wall: number } | undefined;
  let refused = false;
  let measuring: Promise<void> | undefined;

  async function ask(): Promise<void> {
    const before = elapsed();
    const [seconds, micros] = await time();
    const tookMs = elapsed() - before;
    const at = before + tookMs / 2;
    if (known !== undefined && tookMs > MAX_ROUND_TRIP) return;
    known = { redis: Number(seconds) * 1000 + Number(micros) / 1000, at, wall: wall() - tookMs / 2 };
  }

  function measure(): Promise<void> {
    measuring ??= ask()
      // A user without the right to TIME is told nothing, ever.
      .catch((error: unknown) => void (refused ||= error instanceof Error && error.name === 'ReplyError'))
      .finally(() => (measuring = undefined));
    return measuring;
  }

  function now(): number {
    if (known === undefined) return wall();
    const since = elapsed() - known.at;
    if (since > MEASURE_AGAIN_AFTER) void measure();
    return Math.round(known.redis + since);
  }

  return {
    now,
    ahead() {
      const ms = wall() - now();
      return Math.abs(ms) < MIN_SKEW ? 0 : ms;
    },
    isSure() {
      if (known === undefined || wall() - known.wall - (elapsed() - known.at) < MIN_SKEW) return true;
      void measure();
      return false;
    },
    isKnown: () => known !== undefined || refused,
    measure,
  };
}

const clocks = new WeakMap<Redis, RedisClock>();

/** The clock of the Redis at the other end of a connection: one for each connection, however many queues share it. */
export function redisClock(redis: Redis): RedisClock {
  const clock =
    clocks.get(redis) ?? createRedisClock({ time: () => redis.time(), wall: () => Date.now(), elapsed: () => performance.now() });
  clocks.set(redis, clock);
  return clock;
}
