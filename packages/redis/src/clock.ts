import type { Redis } from 'ioredis';

/** Redis's time, for all schedules: clocks of machines differ. Runs on by the monotonic clock between two answers. */
export type RedisClock = {
  /** ms since the epoch. Our own clock, until Redis has answered. */
  readonly now: () => number;
  /** ms that our clock is ahead of Redis. 0 below a second. */
  ahead(): number;
  /** False if our clock was set, or the machine suspended: `now` may be too early. Asks Redis. */
  isSure(): boolean;
  isKnown(): boolean;
  /** Asks Redis. Never rejects. */
  measure(): Promise<void>;
};

type RedisClockOptions = {
  readonly time: () => Promise<readonly (number | string)[]>;
  readonly wall: () => number;
  readonly elapsed: () => number;
};

const MEASURE_AGAIN_AFTER = 5000;
/** A slower answer is too vague. ms. */
const MAX_ROUND_TRIP = 1000;
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
      // NOPERM never goes away by itself.
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

/** ms since the epoch, by Redis's clock. */
export async function redisTime(redis: Pick<Redis, 'time'>): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1000 + Number(microseconds) / 1000;
}

const clocks = new WeakMap<Redis, RedisClock>();

/** One for each connection. */
export function redisClock(redis: Redis): RedisClock {
  const clock =
    clocks.get(redis) ?? createRedisClock({ time: () => redis.time(), wall: () => Date.now(), elapsed: () => performance.now() });
  clocks.set(redis, clock);
  return clock;
}
