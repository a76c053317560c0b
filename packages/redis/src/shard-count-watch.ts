import { setTimeout as delay } from 'node:timers/promises';
import { type Logger, RingbackError } from '@ringback/contracts';
import { within } from '@ringback/pacing';
import type { Redis } from 'ioredis';
import { connectUnheard, isReady } from './connection.ts';
import { noteShardCount, shardCountRefusal } from './shard-count.ts';
import { type Sharded, shardsOf } from './shards.ts';
import { refusedCallback } from './trouble.ts';

const LOOK_EVERY_MS = 1000;
const COMMAND_TIMEOUT_MS = 2000;

export type ShardCountWatch = {
  /** Why no callback may be taken: RB_SHARDS_DIFFER, RB_RESHARDING, or RB_QUEUE_UNAVAILABLE until Redis was asked. */
  readonly refusal: () => RingbackError | undefined;
  /** Waits at most `ms` for the first answer. @throws RingbackError if a process may not start with it */
  opened(ms: number): Promise<void>;
  /** Resolves once a worker may no longer run. */
  readonly ended: Promise<RingbackError>;
  close(): Promise<void>;
};

export type ShardCountOptions = Sharded & {
  readonly app: 'ingress' | 'worker';
  readonly usedBy: (prefix: string) => readonly string[];
  readonly logger: Logger;
};

/** Without a cluster there is one shard. */
const ONE_SHARD: ShardCountWatch = {
  refusal: () => undefined,
  opened: async () => {},
  ended: new Promise(() => {}),
  close: async () => {},
};

/** Compares `redis.shards` with the number that Redis is used with, now and each second. Sends nothing without a cluster. */
export function createShardCountWatch(options: ShardCountOptions): ShardCountWatch {
  if (options.cluster === undefined) return ONE_SHARD;
  const { app, shards, usedBy, logger } = options;
  const [shard] = shardsOf(options);
  const redis = connectUnheard({ ...shard, name: `ringback-${app}-shards`, timeout: COMMAND_TIMEOUT_MS });
  const stopping = new AbortController();
  const first = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<RingbackError>();
  const report = createReporter(logger);
  let [known, refusal]: [boolean, RingbackError | undefined] = [false, NOT_ASKED];

  async function look(): Promise<void> {
    const count = await noteShardCount({ redis, prefix: shard.prefix, usedBy: usedBy(shard.prefix) }, shards);
    refusal = shardCountRefusal(count, { app, shards });
    known = true;
    report(refusal);
    if (refusal) ended.resolve(refusal);
    first.resolve();
  }

  // What was known stays: without Redis nothing is taken.
  const failed = (error: unknown) => {
    if (!known) report((refusal = refusedCallback(error) ?? UNKNOWN));
  };
  void repeat(() => look().catch(failed), { redis, signal: stopping.signal });

  return {
    refusal: () => refusal,
    async opened(ms) {
      await within(ms, first.promise);
      if (known && refusal && !isOverSoon(app, refusal)) throw refusal;
    },
    ended: ended.promise,
    close: async () => {
      stopping.abort();
      redis.disconnect();
    },
  };
}

type Repeating = { readonly redis: Redis; readonly signal: AbortSignal };

async function repeat(look: () => Promise<void>, { redis, signal }: Repeating): Promise<void> {
  while (!signal.aborted) {
    await isReady(redis, LOOK_EVERY_MS);
    await look();
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
  }
}

/** An ingress waits for the end of a change: it refuses, or keeps in its spool, what comes meanwhile. */
const isOverSoon = (app: ShardCountOptions['app'], { code }: RingbackError) => app === 'ingress' && code === 'RB_RESHARDING';

const UNKNOWN = new RingbackError(
  'RB_QUEUE_UNAVAILABLE',
  'the primary of shard 0, which knows how many shards there are, does not answer: send it again in a moment',
);
const NOT_ASKED = new RingbackError('RB_QUEUE_UNAVAILABLE', 'Redis was not checked yet: send it again in a moment');

function createReporter(logger: Logger): (refusal: RingbackError | undefined) => void {
  let told: string | undefined;
  return (refusal) => {
    if (refusal?.message === told) return;
    told = refusal?.message;
    if (refusal === undefined) logger.info({}, 'the number of shards is right');
    else if (refusal.code === 'RB_QUEUE_UNAVAILABLE' || refusal.code === 'RB_REDIS_REFUSES')
      logger.error({ code: refusal.code, reason: refusal.message }, 'the number of shards is not known: no callback is taken');
    else if (refusal.code === 'RB_RESHARDING')
      logger.warn({ code: refusal.code, reason: refusal.message }, 'shards are being changed');
    else logger.error({ code: refusal.code, reason: refusal.message }, 'the number of shards differs');
  };
}
