import { dirname, resolve } from 'node:path';
import type { Config } from '@ringback/config';
import { type BatchProducer, type Logger, loggerOfShard, partOfShard, type RingbackError } from '@ringback/contracts';
import { createBatchProducer } from '@ringback/queue';
import { createShardsReadiness, type OverloadSettings, shardsOf } from '@ringback/redis';
import type { IngressMetrics } from './metrics.ts';
import { createSpooledProducer, openSpools, type Spool } from '@ringback/spool';

export type Shards = ReturnType<typeof createShardsReadiness> & {
  /** Where the callbacks of each shard are written, by its number. */
  readonly batches: readonly BatchProducer[];
  /** How many callbacks wait on disk. Undefined: there is no spool. */
  readonly spooling?: (() => number) | undefined;
  /** Waits at most `within` ms until Redis takes batches. Resolves to the shards whose Redis is away. */
  opened(within: number): Promise<readonly number[]>;
};

type ShardsOptions = Pick<IngressMetrics, 'measured' | 'spool'> & {
  readonly config: Config;
  /** Current names of the outputs; settings may reload. */
  readonly outputs: () => readonly string[];
  readonly settingsPath: string;
  /** Asked before each write, to any shard: a reason to take nothing. */
  readonly refusal?: (() => RingbackError | undefined) | undefined;
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly logger: Logger;
};

/** @throws RingbackError RB_SPOOL_FAILED */
export function openShards(options: ShardsOptions): Shards {
  // Before Redis: an unusable spool MUST stop the start.
  const spools = openSpoolsOf(options);
  const shards = shardsOf(options.config.redis);
  const differs = () => {
    const refused = options.refusal?.();
    return refused?.code === 'RB_SHARDS_DIFFER' ? refused : undefined;
  };
  const batches = shards.map((shard, number) => {
    const logger = loggerOfShard(options.logger, { shard: number, shards: shards.length });
    const { redis, ingress } = options.config;
    const producer = createBatchProducer({
      ...options,
      ...redis,
      ...shard,
      overload: overloadOfShard(redis.overload, shards.length),
      timeout: ingress.enqueueTimeout,
      logger,
    });
    const spool = spools?.[number];
    return options.measured(
      spool ? createSpooledProducer({ producer, spool, refusal: differs, now: options.now, logger }) : producer,
    );
  });
  const spooling = spools && (() => spools.reduce((sum, spool) => sum + spool.size(), 0));
  options.spool(spooling);
  return {
    batches,
    spooling,
    ...createShardsReadiness({ shards: batches.map((batch, shard) => ({ ...batch, shard })), now: options.now }),
    async opened(within) {
      const opened = await Promise.all(batches.map((batch) => batch.opened(within)));
      return opened.flatMap((isOpen, shard) => (isOpen ? [] : [shard]));
    },
  };
}

function openSpoolsOf({ config, settingsPath, logger }: ShardsOptions): readonly Spool[] | undefined {
  const { ingress, redis } = config;
  if (!ingress.spool) return undefined;
  const path = resolve(dirname(settingsPath), ingress.spool.path);
  return openSpools({ ...ingress.spool, path, shards: redis.shards, now: Date.now, logger });
}

/** Memory is the primary's. The depth is that of the whole installation. */
export function overloadOfShard({ memory, depth }: OverloadSettings, shards: number): OverloadSettings {
  return { memory, depth: depth && { high: partOfShard(depth.high, shards), low: partOfShard(depth.low, shards) } };
}
