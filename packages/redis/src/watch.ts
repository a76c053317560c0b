import { type Durability, type Logger, RingbackError } from '@ringback/contracts';
import type { Redis } from 'ioredis';
import { redisClock } from './clock.ts';
import { ackWorth, unmetDurability } from './durability.ts';
import { createFollowers, type Followers } from './followers.ts';
import { createFsyncReader, readFacts, type RedisFacts, tooOld } from './facts.ts';
import { nearlyFullFrom, createOverload, isRoomy, type OverloadSettings } from './overload.ts';
import { isReply, refusalOfCallback, type Trouble } from './trouble.ts';
import { createWatchReporter } from './watch-reporter.ts';
import { createWriteWatch, type WriteWatch } from './write-watch.ts';

const LOOK_EVERY_MS = 1000;
/** While callbacks come. A burst fills a small Redis within a second. `roomy`: below half of each watermark. */
const FRESH_FOR_MS = { tight: 50, roomy: 250 } as const;

/** What Redis said of itself. Asked at the start, after each reconnect, each second, and more often under load. */
export type RedisWatch = Pick<WriteWatch, 'probe' | 'away'> & {
  /** Why nothing may be acked. RB_QUEUE_UNAVAILABLE (not asked yet), RB_REDIS_REFUSES or RB_DURABILITY_UNMET. */
  readonly unmet: () => RingbackError | undefined;
  readonly known: () => boolean;
  readonly overloaded: () => RingbackError | undefined;
  /** No new work may begin. */
  readonly nearlyFull: () => boolean;
  /** True above half of a watermark. */
  readonly tight: () => boolean;
  /** Bytes until nearly full; negative beyond. Infinity: no maxmemory. */
  readonly room: () => number;
  /** Bytes until so great a share of maxmemory is used; negative beyond. Infinity: no maxmemory. */
  readonly roomTo: (share: number) => number;
  /** Bytes. 0: no bound. */
  readonly maxmemory: () => number;
  readonly waitaof: () => boolean;
  readonly followers: Followers;
  readonly refused: () => RingbackError | undefined;
  /** Asks now. Never rejects: without an answer, what was known stays. */
  look(): Promise<void>;
  close(): void;
};

export type RedisWatchOptions = {
  readonly redis: Redis;
  readonly prefix: string;
  readonly durability: Durability;
  readonly overload: OverloadSettings;
  /** Jobs that wait. */
  readonly depth?: (() => Promise<number>) | undefined;
  readonly fillers?: (() => Promise<string | undefined>) | undefined;
  readonly now: () => number;
  readonly logger: Logger;
};

type Known = {
  readonly worth: string;
  readonly unmet: string | undefined;
  readonly tooOld: string | undefined;
  readonly overloaded: string | undefined;
  readonly nearlyFull: boolean;
  readonly waitaof: boolean;
  readonly maxmemory: number;
  readonly fill: number;
  readonly pressure: keyof typeof FRESH_FOR_MS;
};

export function createRedisWatch(options: RedisWatchOptions): RedisWatch {
  const { redis } = options;
  const { fresh, look, forget, known, followers } = createFactsWatch(options);
  const writes = createWriteWatch(options);
  const lookAgain = () => {
    void look();
    void writes.probe();
  };
  redis.on('close', forget).on('ready', lookAgain);
  const timer = setInterval(lookAgain, LOOK_EVERY_MS);
  lookAgain();

  return {
    unmet: () => unmetError(fresh(), writes) ?? (options.durability === 'replica' ? followers.doubt() : undefined),
    known: () => known() !== undefined,
    overloaded: () => overloadError(fresh()),
    nearlyFull: () => fresh()?.nearlyFull ?? false,
    tight: () => fresh()?.pressure === 'tight',
    room: () => roomTo(fresh(), nearlyFullFrom(options.overload)),
    roomTo: (share) => roomTo(fresh(), share),
    maxmemory: () => known()?.maxmemory ?? 0,
    waitaof: () => known()?.waitaof ?? false,
    followers,
    refused: () => refusedError(writes.refusal()),
    away: writes.away,
    probe: writes.probe,
    look,
    close() {
      clearInterval(timer);
      redis.off('close', forget).off('ready', lookAgain);
      writes.close();
    },
  };
}

function createFactsWatch(options: RedisWatchOptions) {
  const { redis, now, logger } = options;
  const followers = createFollowers(now);
  const ask = createAsk(options, followers);
  const report = createWatchReporter(logger, redisClock(redis));
  let known: Known | undefined;
  let lookedAt = 0;
  let looking: Promise<void> | undefined;

  function look(): Promise<void> {
    if (redis.status !== 'ready') return Promise.resolve();
    lookedAt = now();
    looking ??= ask()
      .then((asked) => report((known = asked)))
      // The connection logs other failures.
      .catch((error: unknown) => {
        if (isReply(error)) known = undefined;
      })
      .finally(() => (looking = undefined));
    return looking;
  }

  return {
    look,
    followers,
    known: () => known,
    fresh: (): Known | undefined => {
      if (now() - lookedAt >= FRESH_FOR_MS[known?.pressure ?? 'tight']) void look();
      return known;
    },
    /** The server may be another one. */
    forget: () => {
      known = undefined;
      followers.forget();
    },
  };
}

function createAsk(options: RedisWatchOptions, followers: Followers): () => Promise<Known> {
  const { redis, durability, overload, depth, fillers, now } = options;
  const appendfsync = createFsyncReader({ redis, now });
  const judge = createJudge({ durability, overload });
  return async () => {
    const [facts, waiting] = await Promise.all([readFacts(redis, appendfsync), depth?.() ?? 0]);
    followers.note(facts.followers);
    const known = judge(facts, waiting);
    const cause = known.overloaded === undefined ? undefined : await fillers?.();
    return cause === undefined ? known : { ...known, overloaded: `${known.overloaded}; ${cause}` };
  };
}

function createJudge({ durability, overload }: Pick<RedisWatchOptions, 'durability' | 'overload'>) {
  const judgeLoad = createOverload(overload);
  return (facts: RedisFacts, waiting: number): Known => ({
    worth: ackWorth(facts, durability),
    unmet: unmetDurability(facts, durability),
    tooOld: tooOld(facts),
    overloaded: judgeLoad({ fill: facts.fill, depth: waiting }),
    nearlyFull: facts.fill >= nearlyFullFrom(overload),
    waitaof: facts.waitaof,
    maxmemory: facts.maxmemory,
    fill: facts.fill,
    pressure: isRoomy(overload, { fill: facts.fill, depth: waiting }) ? 'roomy' : 'tight',
  });
}

function roomTo(known: Known | undefined, share: number): number {
  return known !== undefined && known.maxmemory > 0 ? (share - known.fill) * known.maxmemory : Infinity;
}

function refusedError(refusal: Trouble | undefined): RingbackError | undefined {
  return refusal && new RingbackError('RB_REDIS_REFUSES', refusal.reason);
}

function unmetError(known: Known | undefined, { refusal, away }: WriteWatch): RingbackError | undefined {
  if (known === undefined) {
    const refused = refusal();
    if (refused) return refusalOfCallback(refused);
    return new RingbackError('RB_QUEUE_UNAVAILABLE', 'Redis is away, or was not asked yet: send it again', { cause: away() });
  }
  if (known.tooOld !== undefined) return new RingbackError('RB_REDIS_REFUSES', known.tooOld);
  return known.unmet === undefined ? undefined : new RingbackError('RB_DURABILITY_UNMET', known.unmet);
}

function overloadError(known: Known | undefined): RingbackError | undefined {
  return known?.overloaded === undefined
    ? undefined
    : new RingbackError('RB_OVERLOADED', `${known.overloaded}: send it again later`);
}
