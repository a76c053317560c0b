import type { Config } from '@ringback/config';
import type { Logger, Output } from '@ringback/contracts';
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
import pLimit from 'p-limit';
import { type Breaker, type BreakerStatus, createBreaker } from './breaker.ts';
import { createDeliver } from './deliver.ts';
import type { FanOutTarget } from './fan-out.ts';
import { createLaneFlow, type LaneFlow } from './lane-flow.ts';
import type { Watched } from './progress-watch.ts';

type RedisAccess = Pick<Parameters<typeof consumeDeliveries>[0], 'redis' | 'prefix' | 'lockDuration' | 'errors'>;

export type LaneOptions = {
  readonly output: Output;
  readonly settings: Config['outputs'][number];
  readonly access: RedisAccess;
  readonly ledger: Ledger;
  readonly nearlyFull: () => boolean;
  /** Default, in bytes by reference. Undefined: none. */
  readonly most?: (bound: { readonly share: number } | undefined) => number | undefined;
  readonly stopping: AbortSignal;
  readonly now: () => number;
  readonly logger: Logger;
};

/** What each output has for itself: queue, concurrency, rate limit, breaker. */
export type Lane = FanOutTarget & {
  readonly producer: DeliveryProducer;
  readonly consumer: Consumer;
  readonly watched: Watched;
  readonly breaker: () => BreakerStatus;
};

export function openLane(options: LaneOptions): Lane {
  const { output, settings, access, ledger, nearlyFull, stopping, now, logger } = options;
  const { delivery } = settings;
  const producer = createDeliveryProducer({ ...access, output: output.name, delivery, nearlyFull });
  const queue = outputQueueState(output.name, access);
  const breaker = createLaneBreaker(options, () => ({ consumer, flow }));
  const backlog = backlogOf(options);
  let attempts = 0;
  const alone = delivery.rateLimit !== undefined;
  const handlers = createDeliver({
    output,
    breaker,
    timeout: delivery.timeout,
    attempts: delivery.retry.attempts,
    settling: { ...delivery.retry, probeAgainAfter: delivery.breaker.cooldown },
    onAttempt: () => void (attempts += 1),
    limit: pLimit(delivery.concurrency),
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
  const watched: Watched = {
    name: output.name,
    longestStep: delivery.timeout,
    progress: () => consumer.progress() + attempts,
    workWaits: async () => breaker.state() !== 'open' && (await queue.workWaits()),
  };
  return { producer, consumer: closedTogether(consumer, flow), watched, flow, alone, backlog, breaker: breaker.status };
}

function backlogOf({ settings, most }: LaneOptions): FanOutTarget['backlog'] {
  const { max, over } = settings.delivery.backlog;
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

/** While the breaker is open, deliveries stay in the queue. */
function createLaneBreaker({ output, settings, now, logger }: LaneOptions, lane: () => Pick<Lane, 'consumer' | 'flow'>): Breaker {
  return createBreaker({
    settings: settings.delivery.breaker,
    now,
    schedule: (run, ms) => void setTimeout(run, ms).unref(),
    onChange({ state, ...why }) {
      const line = { output: output.name, breaker: state, ...why };
      if (state === 'open') {
        logger.warn({ code: 'RB_OUTPUT_FAILING', ...line }, 'output paused after failures');
        lane().consumer.hold();
      } else {
        logger.info(line, state === 'probing' ? 'trying one delivery' : 'output recovered');
        lane().consumer.resume();
        lane().flow.wake();
      }
    },
  });
}
