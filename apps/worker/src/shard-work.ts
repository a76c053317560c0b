import type { Config } from '@ringback/config';
import {
  callbackQueueState,
  consumeCallbacks,
  type Consumer,
  createBodies,
  createDropNoter,
  createQuarantine,
  createRouteCounts,
  createUnroutedQuarantine,
  type QueueState,
} from '@ringback/queue';
import type { ShardCountWatch } from '@ringback/redis';
import type { Router } from '@ringback/routing';
import type { BusinessKeyOf } from './business-duplicates.ts';
import { createDispatch } from './dispatch.ts';
import { createFanOut } from './fan-out.ts';
import { withHeadroom } from './headroom.ts';
import { keepSwept } from './keep-swept.ts';
import type { Lane } from './output-lane.ts';
import type { Watched } from './progress-watch.ts';
import type { WorkShard } from './shard.ts';
import { whileShardsAgree } from './while-shards-agree.ts';

export type ShardWorkOptions = {
  readonly config: Pick<Config, 'worker' | 'dedupe' | 'quarantine'>;
  readonly shard: WorkShard;
  readonly lanes: ReadonlyMap<string, Lane>;
  readonly router: Router;
  readonly businessKeyOf: BusinessKeyOf;
  readonly shardCount: Pick<ShardCountWatch, 'refusal'>;
  readonly stopping: AbortSignal;
  readonly now: () => number;
};

/** What is consumed, and how its progress is seen. */
export type Work = { readonly consumer: Consumer; readonly watched: Watched };

/** Takes the callbacks of one shard from its queue, and hands them to the lanes. */
export function openShardWork(options: ShardWorkOptions): { readonly queue: QueueState; readonly work: readonly Work[] } {
  const { config, shard, lanes, router, businessKeyOf, shardCount, stopping, now } = options;
  const { access, watch, ledger, logger } = shard;
  const drop = createDropNoter({ ...access, window: config.dedupe.window });
  const fanOut = createFanOut({ ...watch, targets: lanes, bodies: createBodies(access), drop, logger });
  const keeping = createKeeping(access, config.quarantine);
  const common = { ledger, nearlyFull: watch.nearlyFull, logger };
  const dispatch = createDispatch({ ...common, router, fanOut, ...keeping, businessKeyOf, now: shard.clock.now });
  const gated = withHeadroom(whileShardsAgree(dispatch, shardCount), { ...watch, outputs: [...lanes.values()], stopping, now });
  const consumer = consumeCallbacks({
    ...access,
    concurrency: config.worker.concurrency,
    dispatch: whileShardsAgree(gated, shardCount),
    logger,
  });
  const queue = callbackQueueState(access);
  keepSwept({ ...access, stop: stopping, logger });
  return { queue, work: [...lanes.values(), { consumer, watched: watchedCallbacks(consumer, queue) }] };
}

function createKeeping(access: WorkShard['access'], bounds: Config['quarantine']) {
  return {
    quarantine: createQuarantine({ ...access, bounds }),
    unroutedQuarantine: createUnroutedQuarantine({ ...access, bounds: bounds.unrouted }),
    counts: createRouteCounts(access),
  };
}

function watchedCallbacks(consumer: Consumer, queue: QueueState): Watched {
  return { name: 'callbacks', longestStep: 0, progress: () => consumer.progress(), workWaits: () => queue.workWaits() };
}
