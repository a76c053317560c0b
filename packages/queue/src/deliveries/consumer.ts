import {
  callbacksOf,
  type DeliveryBatch,
  DeliveryPayload,
  type DeliveryReference,
  type DeliverySettings,
  type ErrorCode,
  type Fault,
  type Logger,
} from '@ringback/contracts';
import { redisClock } from '@ringback/redis';
import type { Job } from 'bullmq';
import { backoff, BATCH_BACKOFF } from '../bullmq/backoff.ts';
import { type Consumer, createConsumer } from '../bullmq/consumer.ts';
import { outputQueueName } from '../bullmq/names.ts';
import { NewerPayload } from '../bullmq/newer-payloads.ts';
import { type ConsumerSettings, workerOptions } from '../bullmq/queue-options.ts';
import { type Bodies, createBodies, isUnreadable } from './bodies/bodies.ts';
import { runTogether } from './broken-run.ts';
import { faultOf } from './earlier-fault.ts';
import { endJob, settledWait } from './end-job.ts';
import type { RoutedBatch } from './jobs.ts';
import { type NamedDeliveries, namedIn } from './named-in.ts';
import type { Settlement } from './settle.ts';
import { attemptAlone, type SingleAttempt } from './single.ts';

export type DeliveryHandlers = {
  /** MUST resolve only when each has an outcome or a job of its own. */
  readonly batch: (batch: RoutedBatch) => Promise<void>;
  readonly single: (delivery: SingleAttempt) => Promise<Settlement>;
  /** Their job ended for good, and no attempt says so. Nothing waits for it. MUST NOT reject. */
  readonly died?: ((deliveries: DiedDeliveries) => Promise<void>) | undefined;
};

export type DiedDeliveries = NamedDeliveries & {
  readonly reason: string;
  readonly fault: Fault;
  /** Absent: an attempt ended them, and has said so. */
  readonly code?: ErrorCode | undefined;
};

export type DeliveryConsumerOptions = ConsumerSettings & {
  readonly output: string;
  readonly delivery: Pick<DeliverySettings, 'retry' | 'rateLimit'>;
  readonly handlers: DeliveryHandlers;
  readonly logger: Logger;
};

export function consumeDeliveries(options: DeliveryConsumerOptions): Consumer {
  const { output, delivery, handlers, logger, ...settings } = options;
  return createConsumer({
    queue: outputQueueName(output),
    schema: DeliveryPayload,
    handle: createHandler(options),
    onSetAside: (job, reason) => {
      const named = namedIn(job.data);
      if (named) void handlers.died?.({ ...named, reason, fault: 'ours', code: 'RB_PAYLOAD_INVALID' });
    },
    options: {
      ...workerOptions(settings),
      ...(delivery.rateLimit && { limiter: { max: delivery.rateLimit.max, duration: delivery.rateLimit.per } }),
      // Nobody settled the error if Redis failed while a settlement was written.
      settings: { backoffStrategy: (made, _type, error) => settledWait(error) ?? backoff(BATCH_BACKOFF, made) },
    },
    errors: settings.errors,
    logger,
  });
}

type Ended = Pick<DiedDeliveries, 'reason' | 'fault' | 'code'>;
type Telling = Pick<DeliveryConsumerOptions, 'handlers' | 'output'> & { readonly bodies: Pick<Bodies, 'read'> };

/** Nothing here is waited for. */
function createTelling({ handlers: { died }, output, bodies }: Telling) {
  const tellDied = (deliveries: NamedDeliveries, { reason, fault, code }: Ended): void => {
    void died?.({ ...deliveries, reason, fault, code });
  };
  async function tellStored(id: string, ended: Ended): Promise<void> {
    // Whose they are, nothing else says.
    const stored = await bodies.read(id, output).catch(() => undefined);
    if (stored) tellDied({ batch: stored.batch, callbacks: stored.callbacks, alone: false }, ended);
  }
  return { tellDied, tellStoredDied: (id: string, ended: Ended): void => void (died && tellStored(id, ended)) };
}

function createRuns(options: DeliveryConsumerOptions) {
  const { redis, prefix, output, handlers, lockDuration, logger } = options;
  const clock = redisClock(redis);
  const isLate = (since: number) => !clock.isSure() || clock.now() - since > lockDuration / 2;
  const bodies = createBodies({ redis, prefix });
  const { tellDied, tellStoredDied } = createTelling({ handlers, output, bodies });

  function runBatch(payload: DeliveryBatch, job: Job): Promise<void> {
    const again = payload.again === true || mayHaveRun(job, isLate);
    const { batch } = payload;
    const callbacks = callbacksOf(payload);
    const beforeDead = async (dead: Ended) => tellDied({ batch, callbacks, alone: false }, dead);
    return runTogether(job, { run: () => handlers.batch({ id: batch, callbacks, again }), beforeDead });
  }

  /** MUST let go of the bodies before the job is done: a second run then finds nothing to do. */
  async function deliverStored(id: string, job: Job): Promise<void> {
    const stored = await bodies.read(id, output).catch((error: unknown) => tellUnreadable(error, job));
    if (!stored) return;
    const { batch, callbacks, again, since = job.timestamp } = stored;
    const taken = { attemptsStarted: job.attemptsStarted, timestamp: since };
    await handlers.batch({ id: batch, callbacks, again: again || mayHaveRun(taken, isLate) });
    await bodies.release(id, output);
  }

  /** The bodies stay, for a person to see. */
  function tellUnreadable(error: unknown, job: Job): never {
    if (isUnreadable(error) && !(error instanceof NewerPayload))
      logger.error({ code: error.code, queue: job.queueName, job: job.id, problem: error.message }, 'job set aside');
    throw error;
  }

  async function runReference(payload: DeliveryReference, job: Job): Promise<void> {
    // It waits no more, so it MUST NOT count towards the output's bound.
    const endWait = () => bodies.fed(payload.bodies, output, 'dead');
    const { refused: reason } = payload;
    const beforeDead = async (dead: Ended) => {
      tellStoredDied(payload.bodies, dead);
      await endWait();
    };
    if (reason === undefined) return runTogether(job, { run: () => deliverStored(payload.bodies, job), beforeDead });
    await endWait();
    endJob({ outcome: 'dead', reason, fault: faultOf(payload, reason), spent: { attempts: 0, uncounted: 0 } });
  }

  return { runBatch, runReference, tellDied };
}

function createHandler(options: DeliveryConsumerOptions) {
  const { delivery, handlers } = options;
  const { runBatch, runReference, tellDied } = createRuns(options);

  return async (payload: DeliveryPayload, job: Job): Promise<void> => {
    switch (payload.kind) {
      case 'batch':
        return runBatch(payload, job);
      case 'reference':
        return runReference(payload, job);
      case 'single':
        return attemptAlone({
          payload,
          job,
          retry: delivery.retry,
          attempt: handlers.single,
          onDead: (dead) => tellDied({ batch: payload.batch, callbacks: [payload.callback], alone: true }, dead),
        });
      default:
        return payload satisfies never;
    }
  };
}

/** Locks are renewed every half lock: until then no other worker can have had the batch. */
function mayHaveRun(
  { attemptsStarted, timestamp }: Pick<Job, 'attemptsStarted' | 'timestamp'>,
  isLate: (since: number) => boolean,
): boolean {
  return attemptsStarted > 1 || isLate(timestamp);
}
