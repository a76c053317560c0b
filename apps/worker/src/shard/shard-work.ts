import type { Config } from '@ringback/config';
import { homeShardOf, partOfShard, shardOf } from '@ringback/contracts';
import { consumeCallbacks } from '@ringback/queue';
import type { ShardCountWatch } from '@ringback/redis';
import type { Router } from '@ringback/routing';
import type { BusinessKeyOf } from '../dispatch/business-duplicates.ts';
import { createClaims } from '../dispatch/claims.ts';
import { createDispatch, type DispatchDeps, type Sharding } from '../dispatch/dispatch.ts';
import { tellingDied } from '../dispatch/died.ts';
import { createFanOut } from '../dispatch/fan-out.ts';
import { withHeadroom } from '../dispatch/headroom.ts';
import { traceSetAside } from '../dispatch/traced.ts';
import { keepSwept } from '../keep-swept.ts';
import type { Dispatched } from '../metrics/dispatched.ts';
import type { Lanes } from '../output/lanes.ts';
import { createPassOn } from '../dispatch/pass-on.ts';
import { REACHED_WITHIN_MS } from './reach.ts';
import type { Work } from '../run-until-stopped.ts';
import type { WorkShard } from './shard.ts';
import { whileShardsAgree } from './while-shards-agree.ts';

export type ShardWorksOptions = {
  readonly config: Pick<Config, 'worker' | 'outputs'>;
  /** All, by number. */
  readonly shards: readonly WorkShard[];
  /** Those that this process consumes. */
  readonly served: readonly WorkShard[];
  readonly lanes: Lanes;
  readonly router: Router;
  readonly businessKeyOf: BusinessKeyOf;
  /** Opens a body that is encrypted. */
  readonly open?: DispatchDeps['open'];
  readonly shardCount: Pick<ShardCountWatch, 'refusal'>;
  /** Counts callbacks for the metrics. */
  readonly dispatched?: ((batch: Dispatched) => void) | undefined;
  readonly stopping: AbortSignal;
  /** Of all batches of the process. */
  readonly underWay: { bytes: number };
  readonly now: () => number;
};

export function openShardWorks(options: ShardWorksOptions): readonly Work[] {
  return options.served.map((shard) => openShardWork({ ...options, shard }));
}

type ShardWorkOptions = ShardWorksOptions & { readonly shard: WorkShard };

/** Takes the callbacks of one shard from its queue, and hands them to the lanes. */
function openShardWork(options: ShardWorkOptions): Work {
  const { config, shard, shards, served, lanes, shardCount, underWay: all, now } = options;
  const { access, watch, logger } = shard;
  const closing = new AbortController();
  const stopping = AbortSignal.any([options.stopping, closing.signal]);
  const dispatch = createDispatch({
    ...options,
    ...shard,
    ...watch,
    ...shard.clock,
    claims: createClaims({ own: shard.number, shards }),
    ...(shards.length > 1 && { sharding: createSharding(options) }),
    fanOut: tellingDied(createFanOut({ targets: lanes.from(shard), logger }), { ...shard, placeOf: placeOf(options) }),
  });
  const gated = withHeadroom(dispatch, {
    ...watch,
    outputs: [...lanes.in(shard).values()],
    all,
    stopping,
    now,
  });
  const concurrency = partOfShard(config.worker.concurrency, served.length);
  const setAside = (batch: Parameters<typeof traceSetAside>[1]) => traceSetAside(shard.traces, batch);
  const consumer = consumeCallbacks({ ...access, concurrency, dispatch: whileShardsAgree(gated, shardCount), setAside, logger });
  keepSwept({ ...access, stop: stopping, logger });
  const watched = {
    name: shard.named('callbacks'),
    longestStep: shards.length === 1 ? 0 : REACHED_WITHIN_MS,
    redisRefuses: () => watch.refused() !== undefined,
    progress: () => consumer.progress(),
    workWaits: () => shard.callbacks.workWaits(),
  };
  function close(grace: number): Promise<boolean> {
    closing.abort();
    return consumer.close(grace);
  }
  return { watched, close };
}

/** Of the lane of an output: a rate limit counts in the output's home shard. */
function placeOf({ shard, shards, config }: ShardWorkOptions) {
  const limited = config.outputs.filter(({ delivery }) => delivery.rateLimit !== undefined);
  const alone = new Set(limited.map(({ name }) => name));
  return (output: string) => (alone.has(output) ? (shards[homeShardOf(output, shards.length)] ?? shard) : shard);
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
