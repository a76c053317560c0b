import type { Logger } from '@ringback/contracts';
import type { Ledger } from '@ringback/ledger';
import {
  type Consumer,
  consumeDeliveries,
  createBodies,
  createDeliveryProducer,
  type DeliveryProducer,
  outputQueueState,
} from '@ringback/queue';
import { createErrorReporter, redisClock } from '@ringback/redis';
import { createDeliver } from './deliver.ts';
import type { FanOutTarget } from './fan-out.ts';
import { createLaneFlow, type LaneFlow } from './lane-flow.ts';
import type { ServedOutput } from './output.ts';
import type { Watched } from './progress-watch.ts';

type RedisAccess = Pick<Parameters<typeof consumeDeliveries>[0], 'redis' | 'prefix' | 'lockDuration' | 'errors'>;

export type LaneOptions = {
  readonly output: ServedOutput;
  readonly access: RedisAccess;
  readonly ledger: Ledger;
  readonly nearlyFull: () => boolean;
  /** Default, in bytes by reference. Undefined: none. */
  readonly most?: (bound: { readonly share: number } | undefined) => number | undefined;
  readonly stopping: AbortSignal;
  readonly now: () => number;
  readonly logger: Logger;
};

/** What an output has in one shard: its queue, what feeds that, and what consumes it. */
export type Lane = FanOutTarget & {
  readonly producer: DeliveryProducer;
  readonly consumer: Consumer;
  readonly watched: Watched;
};

export function openLane(options: LaneOptions): Lane {
  const { output: served, access, ledger, nearlyFull, stopping, now, logger } = options;
  const { output, settings, breaker } = served;
  const { delivery } = settings;
  const producer = createDeliveryProducer({ ...access, output: output.name, delivery, nearlyFull });
  const queue = outputQueueState(output.name, access);
  const backlog = backlogOf(options);
  const alone = delivery.rateLimit !== undefined;
  const handlers = createDeliver({
    output,
    breaker,
    timeout: delivery.timeout,
    attempts: delivery.retry.attempts,
    settling: { ...delivery.retry, probeAgainAfter: delivery.breaker.cooldown },
    onAttempt: served.onAttempt,
    limit: served.limit,
    ledger,
    retries: producer,
    alone,
    stopping,
    now,
    redisNow: redisClock(access.redis).now,
    logger,
  });
  const watching = { breaker: breaker.state, failures: breaker.failures, most: backlog.most, bodies: createBodies(access) };
  const errors = access.errors ?? createErrorReporter({ wasAway: () => false, logger });
  const flow = createLaneFlow({ ...watching, output: output.name, alone, producer, nearlyFull, errors, logger });
  const { concurrency } = delivery;
  const consumer = consumeDeliveries({ ...access, concurrency, output: output.name, delivery, handlers, logger });
  served.join({ consumer, flow });
  const watched: Watched = {
    name: output.name,
    longestStep: delivery.timeout,
    progress: () => consumer.progress() + served.attempts(),
    workWaits: async () => breaker.state() !== 'open' && (await queue.workWaits()),
  };
  return { producer, consumer: closedTogether(consumer, flow), watched, flow, alone, backlog };
}

function backlogOf({ output, most }: LaneOptions): FanOutTarget['backlog'] {
  const { max, over } = output.settings.delivery.backlog;
  return { over, most: () => (max !== undefined && 'bytes' in max ? max.bytes : most?.(max)) };
}

function closedTogether(consumer: Consumer, flow: LaneFlow): Consumer {
  return {
    ...consumer,
    close(grace) {
      flow.close();
      return consumer.close(grace);
    },
  };
}
