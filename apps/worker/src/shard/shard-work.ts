import type { Config } from '@ringback/config';
import { partOfShard, shardOf } from '@ringback/contracts';
import {
  callbackQueueState,
  consumeCallbacks,
  createQuarantine,
  createRouteCounts,
  createUnroutedQuarantine,
  quarantineOfShard,
  type QueueState,
} from '@ringback/queue';
import type { ShardCountWatch } from '@ringback/redis';
import type { Router } from '@ringback/routing';
import type { BusinessKeyOf } from '../dispatch/business-duplicates.ts';
import { createClaims } from '../dispatch/claims.ts';
import { createDispatch, type Sharding } from '../dispatch/dispatch.ts';
import { createFanOut } from '../dispatch/fan-out.ts';
import { withHeadroom } from '../dispatch/headroom.ts';
import { keepSwept } from '../keep-swept.ts';
import type { Dispatched } from '../metrics/dispatched.ts';
import type { Lanes } from '../output/lanes.ts';
import { createPassOn } from '../dispatch/pass-on.ts';
import { REACHED_WITHIN_MS } from './reach.ts';
import type { Work } from '../run-until-stopped.ts';
import type { WorkShard } from './shard.ts';
import { whileShardsAgree } from './while-shards-agree.ts';

export type ShardWorksOptions = {
  readonly config: Pick<Config, 'worker' | 'quarantine'>;
  /** All, by number. */
  readonly shards: readonly WorkShard[];
  /** Those that this process consumes. */
  readonly served: readonly WorkShard[];
  readonly lanes: Lanes;
  readonly router: Router;
  readonly businessKeyOf: BusinessKeyOf;
  readonly shardCount: Pick<ShardCountWatch, 'refusal'>;
  /** Counts callbacks for the metrics. */
  readonly dispatched?: ((batch: Dispatched) => void) | undefined;
  readonly stopping: AbortSignal;
  readonly now: () => number;
};

export type ShardWork = Work & Pick<WorkShard, 'access'> & { readonly queue: QueueState };

export function openShardWorks(options: ShardWorksOptions): readonly ShardWork[] {
  const underWay = { bytes: 0 };
  return options.served.map((shard) => openShardWork({ ...options, shard, underWay }));
}

type ShardWorkOptions = ShardWorksOptions & { readonly shard: WorkShard; readonly underWay: { bytes: number } };

/** Takes the callbacks of one shard from its queue, and hands them to the lanes. */
function openShardWork(options: ShardWorkOptions): ShardWork {
  const { config, shard, shards, served, lanes, router, businessKeyOf, shardCount, underWay: all, stopping, now } = options;
  const { access, watch, ledger, logger } = shard;
  const fanOut = createFanOut({ targets: lanes.from(shard), logger });
  const dispatch = createDispatch({
    ...createKeeping(options),
    ledger,
    history: shard.history,
    dispatched: options.dispatched,
    claims: createClaims({ own: shard.number, shards }),
    ...(shards.length > 1 && { sharding: createSharding(options) }),
    router,
    fanOut,
    businessKeyOf,
    nearlyFull: watch.nearlyFull,
    now: shard.clock.now,
    logger,
  });
  const gated = withHeadroom(dispatch, {
    ...watch,
    outputs: [...lanes.in(shard).values()],
    all,
    stopping,
    now,
  });
  const concurrency = partOfShard(config.worker.concurrency, served.length);
  const consumer = consumeCallbacks({ ...access, concurrency, dispatch: whileShardsAgree(gated, shardCount), logger });
  const queue = callbackQueueState(access);
  keepSwept({ ...access, stop: stopping, logger });
  const watched = {
    name: shard.named('callbacks'),
    longestStep: shards.length === 1 ? 0 : REACHED_WITHIN_MS,
    redisRefuses: () => watch.refused() !== undefined,
    progress: () => consumer.progress(),
    workWaits: () => queue.workWaits(),
  };
  return { access, queue, watched, close: (grace) => consumer.close(grace) };
}

function createSharding({ shard: { number, logger }, shards }: ShardWorkOptions): Sharding {
  return {
    elsewhere(key) {
      const shard = shardOf(key, shards.length);
      return shard === number ? undefined : shard;
    },
    passOn: createPassOn({ shards, logger }),
  };
}

function createKeeping({ config: { quarantine }, shard: { access }, shards }: ShardWorkOptions) {
  const bounds = quarantineOfShard(quarantine, shards.length);
  const ofUnrouted = quarantineOfShard(quarantine.unrouted, shards.length);
  return {
    quarantine: createQuarantine({ ...access, bounds }),
    unroutedQuarantine: createUnroutedQuarantine({ ...access, bounds: ofUnrouted }),
    counts: createRouteCounts(access),
  };
}
