import type { Redis } from 'ioredis';

/**
 * Redis's time, by which all processes schedule: their own clocks may be wrong, or be set.
 * Between two looks the time goes on by the monotonic clock, so setting our clock changes nothing.
 */
export type RedisClock = {
  /** ms since the epoch. Our own clock, until Redis has told. */
  readonly now: () => number;
  /** How many ms our clock is ahead of Redis's (negative: behind). 0 below a second, and until Redis has told. */
  ahead(): number;
  /**
   * False if our clock moved further than the monotonic one: it was set, or the machine was suspended.
   * Then `now` may be too early. Asks Redis.
   */
  isSure(): boolean;
  /** False until Redis has told, or refused to tell. */
  isKnown(): boolean;
  /** Asks Redis, or joins the question under way. Never rejects: without an answer, what was known stays. */
  measure(): Promise<void>;
};

type RedisClockOptions = {
  /** Redis's TIME: seconds and microseconds. */
  readonly time: () => Promise<readonly (number | string)[]>;
  /** Our clock, ms since the epoch. */
  readonly wall: () => number;
  /** The monotonic clock, ms. */
  readonly elapsed: () => number;
};

/** How long an answer counts, ms. The next question goes beside a command; nobody waits for it. */
const MEASURE_AGAIN_AFTER = 5000;
/** An answer that took longer is too vague to replace an earlier one. ms. */
const MAX_ROUND_TRIP = 1000;
/** Smaller differences are ignored: round trips, and clocks that NTP keeps. ms. */
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
      // A user without permission for TIME never gets an answer.
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

/** The clock of the Redis behind a connection: one for each connection, shared by all its queues. */
export function redisClock(redis: Redis): RedisClock {
  const clock =
    clocks.get(redis) ?? createRedisClock({ time: () => redis.time(), wall: () => Date.now(), elapsed: () => performance.now() });
  clocks.set(redis, clock);
  return clock;
}
