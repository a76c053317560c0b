import { type Logger, partOfShard } from '@ringback/contracts';
import type { Ledger } from '@ringback/ledger';
import {
  type BacklogBound,
  consumeDeliveries,
  createDeliveryProducer,
  type DeliveryProducer,
  outputQueueState,
} from '@ringback/queue';
import { createErrorReporter, redisClock } from '@ringback/redis';
import { createDeliver } from './deliver.ts';
import type { FanOutShard, FanOutTarget } from '../dispatch/fan-out.ts';
import { createLaneFlow } from './lane-flow.ts';
import type { ServedOutput } from './output.ts';
import type { Watched } from './progress-watch.ts';

const MOST_WHILE_AWAY_MS = 60_000;

type RedisAccess = Pick<Parameters<typeof consumeDeliveries>[0], 'redis' | 'prefix' | 'lockDuration' | 'errors'>;

export type LaneOptions = {
  readonly output: ServedOutput;
  /** In log lines. */
  readonly name?: string;
  readonly access: RedisAccess;
  readonly shard: FanOutShard;
  readonly refused?: () => unknown;
  readonly ledger: Ledger;
  /** What it may have here. Undefined: as much as there is. */
  readonly most?: () => BacklogBound;
  /** What is beyond that goes to the history. */
  readonly parks?: boolean;
  /** Over how many shards of this process its concurrency is spread. */
  readonly servedShards?: number;
  /** False: other processes consume. */
  readonly consumes?: boolean;
  readonly traces?: Parameters<typeof createDeliver>[0]['traces'];
  readonly stopping: AbortSignal;
  readonly now: () => number;
  readonly logger: Logger;
};

/** What an output has in one shard: its queue, what feeds that, and what consumes it. */
export type Lane = FanOutTarget & {
  readonly served: ServedOutput;
  readonly producer: DeliveryProducer;
  /** Absent if this process does not consume. */
  readonly watched?: Watched | undefined;
  /** As that of a consumer. Nothing is fed any more, and no attempt begins. */
  close(grace: number): Promise<boolean>;
  /** Once nothing is written through it any more: the process goes on without it. */
  release(): Promise<void>;
};

export function openLane(options: LaneOptions): Lane {
  const { output: served, access, shard, consumes = true, logger } = options;
  const { output, settings, breaker, alone } = served;
  const { nearlyFull, bodies } = shard;
  const producer = createDeliveryProducer({ ...access, output: output.name, delivery: settings.delivery, nearlyFull });
  const { most = () => undefined, parks = false } = options;
  const backlog = { most, over: settings.delivery.backlog.over };
  const watching = { breaker: breaker.state, failures: breaker.failures, most, parks, bodies };
  const errors = access.errors ?? createErrorReporter({ wasAway: () => false, logger });
  const flow = createLaneFlow({ ...watching, output: output.name, alone, producer, nearlyFull, errors, logger });
  const closing = new AbortController();
  const stopping = AbortSignal.any([options.stopping, closing.signal]);
  const own = consumes ? consume({ ...options, stopping }, producer) : undefined;
  const leave = served.join({ consumer: own?.consumer, flow });
  return {
    served,
    producer,
    watched: own?.watched,
    flow,
    alone,
    backlog,
    shard,
    async close(grace) {
      flow.close();
      leave();
      closing.abort();
      return (await own?.consumer.close(grace)) ?? true;
    },
    async release() {
      await Promise.all([producer.close(), own?.queue.close()]);
    },
  };
}

/** ms. Without a breaker, what waits would all try again that often. */
function mostWhileAway({ retry, breaker }: ServedOutput['settings']['delivery']): number {
  return breaker.enabled ? Math.max(retry.minDelay, MOST_WHILE_AWAY_MS) : retry.maxDelay;
}

function consume(
  { output: served, name, servedShards = 1, access, ledger, shard, refused, ...rest }: LaneOptions,
  retries: DeliveryProducer,
) {
  const { output, settings, breaker } = served;
  const { delivery } = settings;
  const queue = outputQueueState(output.name, access);
  const handlers = createDeliver({
    ...rest,
    ...served,
    timeout: delivery.timeout,
    attempts: delivery.retry.attempts,
    settling: { ...delivery.retry, probeAgainAfter: delivery.breaker.cooldown, mostWhileAway: mostWhileAway(delivery) },
    ledger,
    history: shard.history,
    tellEnded: shard.tellEnded,
    retries,
    redisNow: redisClock(access.redis).now,
  });
  // What this process takes from all shards is as much as it may attempt at once.
  const concurrency = partOfShard(delivery.concurrency, servedShards);
  const consumer = consumeDeliveries({ ...access, concurrency, output: output.name, delivery, handlers, logger: rest.logger });
  const watched: Watched = {
    name: name ?? output.name,
    longestStep: delivery.timeout,
    redisRefuses: () => refused?.() !== undefined,
    // A delivery may wait for those of other shards: their attempts are its progress.
    progress: () => consumer.progress() + (consumer.isBusy() ? served.attempts() : 0),
    workWaits: async () => breaker.state() !== 'open' && (await queue.workWaits()),
  };
  return { consumer, watched, queue };
}
