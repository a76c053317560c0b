import type { Config } from '@ringback/config';
import type { Logger, Output } from '@ringback/contracts';
import type { Ledger } from '@ringback/ledger';
import { type Consumer, consumeDeliveries, createDeliveryProducer, type DeliveryProducer } from '@ringback/queue';
import pLimit from 'p-limit';
import { createDeliver } from './deliver.ts';

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

/** All that one output has of its own, so that a slow or dead one hurts only itself: queue, concurrency, rate limit. */
export type Lane = { readonly producer: DeliveryProducer; readonly consumer: Consumer };

export function openLane({ output, settings, access, ledger, brimming, stopping, now, logger }: LaneOptions): Lane {
  const { delivery } = settings;
  const producer = createDeliveryProducer({ ...access, output: output.name, delivery, brimming });
  const handlers = createDeliver({
    output,
    timeout: delivery.timeout,
    attempts: delivery.retry.attempts,
    limit: pLimit(delivery.concurrency),
    ledger,
    retries: producer,
    stopping,
    now,
    logger,
  });
  const consumer = consumeDeliveries({
    ...access,
    concurrency: delivery.concurrency,
    output: output.name,
    delivery,
    handlers,
    logger,
  });
  return { producer, consumer };
}
