import type { Config } from '@ringback/config';
import type { Logger, Output } from '@ringback/contracts';
import type { Ledger } from '@ringback/ledger';
import {
  type Consumer,
  consumeDeliveries,
  createDeliveryProducer,
  type DeliveryProducer,
  outputQueueState,
} from '@ringback/queue';
import pLimit from 'p-limit';
import { type Breaker, createBreaker } from './breaker.ts';
import { createDeliver } from './deliver.ts';
import type { Watched } from './progress-watch.ts';

type RedisAccess = Pick<Parameters<typeof consumeDeliveries>[0], 'redis' | 'prefix' | 'lockDuration'>;

export type LaneOptions = {
  readonly output: Output;
  readonly settings: Config['outputs'][number];
  readonly access: RedisAccess;
  readonly ledger: Ledger;
  /** True while Redis is nearly full. */
  readonly brimming: () => boolean;
  readonly stopping: AbortSignal;
  readonly now: () => number;
  readonly logger: Logger;
};

/** All that one output has of its own, so that a slow or dead one hurts only itself: queue, concurrency, rate limit, breaker. */
export type Lane = { readonly producer: DeliveryProducer; readonly consumer: Consumer; readonly watched: Watched };

export function openLane(options: LaneOptions): Lane {
  const { output, settings, access, ledger, brimming, stopping, now, logger } = options;
  const { delivery } = settings;
  const producer = createDeliveryProducer({ ...access, output: output.name, delivery, brimming });
  const queue = outputQueueState(output.name, access);
  const breaker = createLaneBreaker(options, () => consumer);
  let attempts = 0;
  const handlers = createDeliver({
    output,
    breaker,
    probeAgainAfter: delivery.breaker.cooldown,
    timeout: delivery.timeout,
    attempts: delivery.retry.attempts,
    onAttempt: () => (attempts += 1),
    limit: pLimit(delivery.concurrency),
    ledger,
    retries: producer,
    stopping,
    now,
    logger,
  });
  const { concurrency } = delivery;
  const consumer = consumeDeliveries({ ...access, concurrency, output: output.name, delivery, handlers, logger });
  const watched: Watched = {
    name: output.name,
    longestStep: delivery.timeout,
    progress: () => consumer.progress() + attempts,
    workWaits: async () => breaker.state() !== 'open' && (await queue.workWaits()),
  };
  return { producer, consumer, watched };
}

/** A breaker that keeps its output's deliveries in the queue while it is open, and tells each change of state in one line. */
function createLaneBreaker({ output, settings, now, logger }: LaneOptions, consumer: () => Consumer): Breaker {
  return createBreaker({
    settings: settings.delivery.breaker,
    now,
    schedule: (run, ms) => void setTimeout(run, ms).unref(),
    onChange({ state, ...why }) {
      const line = { output: output.name, breaker: state, ...why };
      if (state === 'open') {
        logger.warn({ code: 'RB_OUTPUT_FAILING', ...line }, 'output is left alone');
        consumer().hold();
      } else {
        logger.info(line, state === 'probing' ? 'output is probed' : 'output is back');
        consumer().resume();
      }
    },
  });
}
