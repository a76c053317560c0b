import { createShardFinder, type Logger, loggerOfShard, type QuarantinedCallback } from '@ringback/contracts';
import { createGroupCommit } from '@ringback/pacing';
import { connectFailFast, type Shard } from '@ringback/redis';
import { QUARANTINE } from '../bullmq/names.ts';
import { createQueueHolder, notTaken } from '../bullmq/queue-holder.ts';
import { type QuarantineBounds, quarantineOfShard } from './quarantine-room.ts';
import { createKeeper } from './quarantine.ts';

export type QuarantineProducer = {
  /**
   * Resolves once Redis holds it, or, with false, when the quarantine is full.
   * @throws RingbackError RB_QUEUE_UNAVAILABLE or RB_REDIS_REFUSES, after twice `timeout` ms at the latest
   */
  keep(entry: QuarantinedCallback): Promise<boolean>;
  close(): Promise<void>;
};

export type QuarantineProducerOptions = {
  /** All of them, in order. */
  readonly shards: readonly Shard[];
  /** Of the whole installation, as of now. */
  readonly bounds: () => QuarantineBounds;
  /** ms that one write may take. */
  readonly timeout: number;
  readonly now: () => number;
  readonly logger: Logger;
};

/** The ingress's quarantine. It has its own connections: a flood of refused callbacks must not delay good ones. */
export function createQuarantineProducer({ shards, logger, ...options }: QuarantineProducerOptions): QuarantineProducer {
  const bounds = quarantineOfShard(options.bounds, shards.length);
  const all = shards.map((shard, index) =>
    openShard({ ...options, ...shard, bounds, logger: loggerOfShard(logger, { shard: index, shards: shards.length }) }),
  );
  const shardOfEntry = createShardFinder(all);
  return {
    keep: (entry) => shardOfEntry(entry).keep(entry),
    close: async () => void (await Promise.all(all.map((shard) => shard.close()))),
  };
}

type ShardOptions = Omit<QuarantineProducerOptions, 'shards' | 'bounds'> & Shard & { readonly bounds: QuarantineBounds };

function openShard(options: ShardOptions): QuarantineProducer {
  const { prefix, bounds, timeout, now } = options;
  const redis = connectFailFast({ ...options, name: 'ringback-quarantine' });
  const queue = createQueueHolder({ redis, prefix, name: QUARANTINE });
  const keepIn = createKeeper({ redis, bounds });
  const commit = createGroupCommit({
    async write(group: readonly { entry: QuarantinedCallback; kept: boolean }[]) {
      try {
        const entries = group.map(({ entry }) => entry);
        const kept = await keepIn(await queue.open(), entries);
        for (const [index, item] of group.entries()) item.kept = kept[index] ?? false;
      } catch (cause) {
        throw notTaken(cause);
      }
    },
    sizeOf: ({ entry }) => entry.body.length,
    maxItems: 64,
    maxBytes: 1024 * 1024,
    expiry: { after: timeout, error: () => notTaken(), now },
  });

  return {
    async keep(entry) {
      const item = { entry, kept: false };
      await commit.submit(item);
      return item.kept;
    },
    async close() {
      await commit.idle();
      await queue.close();
      redis.disconnect();
    },
  };
}
