import { type Batch, CallbackBatch, callbacksOf, type Logger } from '@ringback/contracts';
import { attemptsOf } from '../deliveries/broken-run.ts';
import { backoff, BATCH_BACKOFF } from '../bullmq/backoff.ts';
import { type Consumer, createConsumer } from '../bullmq/consumer.ts';
import { CALLBACKS } from '../bullmq/names.ts';
import { callbacksNamedIn, type NamedCallback } from '../deliveries/named-in.ts';
import { type ConsumerSettings, workerOptions } from '../bullmq/queue-options.ts';

/** A batch as a worker took it. */
export type TakenBatch = Batch & {
  readonly replayed?: true | undefined;
  /** If this run fails, the batch fails for good. */
  readonly last?: true | undefined;
};

export type CallbackConsumerOptions = ConsumerSettings & {
  /** MUST resolve only when the batch needs no more work: it is removed then. A rejection runs it again later. */
  readonly dispatch: (batch: TakenBatch) => Promise<void>;
  /** Hears of a batch that is damaged, and so is never dispatched: what it still names. MUST NOT throw. */
  readonly setAside?: ((batch: { readonly id: string; readonly callbacks: readonly NamedCallback[] }) => void) | undefined;
  readonly logger: Logger;
};

/** Hands the batches that the ingress queued to `dispatch`. */
export function consumeCallbacks({ dispatch, setAside, logger, ...settings }: CallbackConsumerOptions): Consumer {
  return createConsumer({
    queue: CALLBACKS,
    schema: CallbackBatch,
    handle: (batch, job) =>
      dispatch({
        id: job.id ?? '',
        callbacks: callbacksOf(batch),
        replayed: batch.replayed,
        ...(job.attemptsMade + 1 >= attemptsOf(job) && { last: true }),
      }),
    onSetAside: ({ id = '', data }) => setAside?.({ id, callbacks: callbacksNamedIn(data) }),
    options: { ...workerOptions(settings), settings: { backoffStrategy: (attempt) => backoff(BATCH_BACKOFF, attempt) } },
    errors: settings.errors,
    logger,
  });
}
