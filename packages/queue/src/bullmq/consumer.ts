import { type Logger, RingbackError } from '@ringback/contracts';
import { within } from '@ringback/pacing';
import { createErrorReporter, type ErrorReporter } from '@ringback/redis';
import { DelayedError, type IRedisClient, type Job, UnrecoverableError, WaitingError, Worker, type WorkerOptions } from 'bullmq';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { backingOff } from './client.ts';
import { rememberingDelayed } from './held-worker.ts';
import { createNewerPayloads, NewerPayload, newerThan } from './newer-payloads.ts';

export type Consumer = {
  /** Jobs under way go on. */
  hold(): void;
  resume(): void;
  /** Grows with every job taken or finished. */
  progress(): number;
  /** True while a job is under way. */
  isBusy(): boolean;
  /** Waits at most `grace` ms for jobs under way; takes no other. False: another worker takes some over. */
  close(grace: number): Promise<boolean>;
};

/** Thrown by a handler that did not do its work: the job goes back to the queue and loses no attempt. */
export class HandBack extends Error {
  /** ms. Other jobs come first. */
  readonly afterMs: number;

  constructor({ afterMs = 0 }: { afterMs?: number } = {}) {
    super('handed back');
    this.name = 'HandBack';
    this.afterMs = afterMs;
  }
}

export type ConsumerOptions<S extends TSchema> = {
  readonly queue: string;
  readonly schema: S;
  readonly handle: (payload: Static<S>, job: Job) => Promise<void>;
  /** Called with a job that is no payload of ours, before it is set aside. MUST NOT throw. */
  readonly onSetAside?: ((job: Job, reason: string) => void) | undefined;
  readonly options: WorkerOptions & { readonly connection: IRedisClient };
  readonly errors?: ErrorReporter | undefined;
  readonly logger: Logger;
};

/** ms. Redis may be away. */
const GOODBYE_MS = 1500;

/** A BullMQ worker with our rules: payloads are checked, a hand-back is no failure, every error is reported. */
export function createConsumer<S extends TSchema>(consumer: ConsumerOptions<S>): Consumer {
  const { queue, options, logger, errors = createErrorReporter({ wasAway: () => false, logger }) } = consumer;
  const closing = new AbortController();
  const process = createProcessor(consumer, closing.signal);
  const underWay = new Set<Promise<void>>();
  let [progress, held] = [0, false];

  async function tracked(job: Job, token?: string): Promise<void> {
    progress += 1;
    const work = process(job, token);
    underWay.add(work);
    try {
      await work;
    } finally {
      underWay.delete(work);
      progress += 1;
    }
  }

  const connection = rememberingDelayed(backingOff(options.connection, closing.signal), () => held);
  const worker = new Worker(queue, tracked, { ...options, connection });
  const ended = (cause: unknown) => logger.error({ queue, err: loopEnded(cause) }, 'worker stopped');
  worker.on('error', (error) => errors(error, { queue }));
  worker.run().catch(ended);

  return {
    hold() {
      held = true;
      void worker.pause(true).catch(ended);
    },
    resume() {
      held = false;
      void worker.resume().catch(ended);
    },
    progress: () => progress,
    isBusy: () => underWay.size > 0,
    close(grace) {
      const closed = closeWithin({ worker, underWay, grace });
      closing.abort();
      return closed;
    },
  };
}

const loopEnded = (cause: unknown) => new RingbackError('RB_INTERNAL', 'the worker loop ended', { cause });

const NOT_OURS = 'RB_PAYLOAD_INVALID: not a payload of ours';

function createProcessor<S extends TSchema>(
  { queue, schema, handle, onSetAside, logger }: ConsumerOptions<S>,
  closing: AbortSignal,
) {
  const payload = Compile(schema);
  const waitForNewerWorker = createNewerPayloads({ queue, logger });

  function checked(job: Job): Static<S> {
    const data: unknown = job.data;
    if (payload.Check(data)) return data;
    const newer = newerThan(schema, data);
    if (newer) throw new NewerPayload(newer);
    const [problem] = payload.Errors(data);
    logger.error(
      { code: 'RB_PAYLOAD_INVALID', queue, job: job.id, at: problem?.instancePath, problem: problem?.message },
      'job set aside',
    );
    onSetAside?.(job, NOT_OURS);
    throw new UnrecoverableError(NOT_OURS);
  }

  /** Undefined: it was not handed back. */
  function waitAfter(error: unknown, job: Job): number | undefined {
    if (error instanceof NewerPayload) return waitForNewerWorker(job, error.newer);
    return error instanceof HandBack ? error.afterMs : undefined;
  }

  return async (job: Job, token?: string): Promise<void> => {
    try {
      // Redis may answer a fetch long after it was sent. Settings may have changed since.
      if (closing.aborted) throw new HandBack();
      await handle(checked(job), job);
    } catch (error) {
      const afterMs = waitAfter(error, job);
      if (afterMs === undefined || token === undefined) throw error;
      await giveBack({ job, token, afterMs });
    }
  };
}

/** @throws what tells BullMQ not to settle the job */
async function giveBack({ job, token, afterMs }: { job: Job; token: string; afterMs: number }): Promise<never> {
  if (afterMs === 0) {
    await job.moveToWait(token);
    throw new WaitingError('handed back');
  }
  await job.moveToDelayed(Date.now() + afterMs, token);
  throw new DelayedError('handed back');
}

/**
 * `worker.close()` waits as long as its jobs and Redis take. We wait `grace` ms for jobs and `GOODBYE_MS` for Redis.
 * The process MUST end then: its locks run out, and another worker takes its jobs over.
 */
async function closeWithin(options: { worker: Worker; underWay: ReadonlySet<Promise<void>>; grace: number }): Promise<boolean> {
  const { worker, underWay, grace } = options;
  const closed = worker.close().then(() => true as const);
  const finished = async () => {
    do {
      await Promise.allSettled(underWay);
      if (await within(GOODBYE_MS, closed)) return true;
      // A job that was on its way when we closed may have begun since.
    } while (underWay.size > 0);
    return false;
  };
  return (await within(grace, finished())) ?? false;
}
