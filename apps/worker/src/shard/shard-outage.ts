import { setTimeout as delay } from 'node:timers/promises';
import { RingbackError } from '@ringback/contracts';
import { HandBack } from '@ringback/queue';
import { type createRedisWatch, refusalOf } from '@ringback/redis';
import type { Redis } from 'ioredis';

/** ms until a batch runs again that could not reach the shard: a share of the time that it has been away. */
const AGAIN_AFTER_MS = { least: 5000, most: 60_000 } as const;
const SHARE_OF_OUTAGE = 0.25;
const LISTEN_EVERY_MS = 1000;
/** Then what was written is there, and is written again later. */
const NOT_YET = ['RB_DURABILITY_UNMET', 'RB_OVERLOADED'];

export type ShardOutageOptions = {
  readonly redis: Redis;
  readonly watch: Pick<ReturnType<typeof createRedisWatch>, 'probe'>;
  /** Monotonic, ms. */
  readonly now: () => number;
};

/** How long another shard takes nothing. The longer that lasts, the less often batches ask it. */
export function createShardOutage({ redis, watch, now }: ShardOutageOptions) {
  let since: number | undefined;
  let silent = false;

  function later(): HandBack {
    since ??= now();
    const { least, most } = AGAIN_AFTER_MS;
    return new HandBack({ afterMs: Math.min(most, Math.max(least, Math.round((now() - since) * SHARE_OF_OUTAGE))) });
  }

  function over(): void {
    silent = false;
    since = undefined;
  }
  redis.on('ready', over);

  /** By itself: the batches that wait come seldom. */
  async function listen(): Promise<void> {
    while (silent) {
      if (await watch.probe()) over();
      else await delay(LISTEN_EVERY_MS, undefined, { ref: false });
    }
  }

  return {
    /** Nothing may be asked. */
    silent: () => silent,
    over,
    later,
    /** To a command, in time. */
    noAnswer(): HandBack {
      if (!silent) {
        silent = true;
        void listen();
      }
      return later();
    },
    whyNot: (error: unknown): never => {
      const notYet = error instanceof RingbackError && NOT_YET.includes(error.code);
      throw notYet || refusalOf(error) !== undefined ? later() : error;
    },
  };
}
