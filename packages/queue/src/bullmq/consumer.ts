import { type Logger, RingbackError } from '@ringback/contracts';
import { within } from '@ringback/pacing';
import { createErrorReporter, type ErrorReporter } from '@ringback/redis';
import { DelayedError, type IRedisClient, type Job, UnrecoverableError, WaitingError, Worker, type WorkerOptions } from 'bullmq';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { backingOff } from './client.ts';
import { createNewerPayloads, NewerPayload, newerThan } from './newer-payloads.ts';

/** Takes jobs of one queue until it is closed. */
export type Consumer = {
  /** Takes no further job until `resume`; those under way go on. */
  hold(): void;
  resume(): void;
  /** Grows with every job that is taken or finished. */
  progress(): number;
  /**
   * Takes no further job and waits for those under way, at most `grace` ms; resolves to false when some were cut off or not told to Redis as done (another worker
   * takes them over). With none under way it is a matter of a second or two, though Redis be away.
   */
  close(grace: number): Promise<boolean>;
};

/** Thrown by a handler that did not do its work: the job goes back to the queue as it is, and costs it no attempt. */
export class HandBack extends Error {
  /** ms before it may be taken again; meanwhile others come first. */
  readonly afterMs: number;

  constructor({ afterMs = 0 }: { afterMs?: number } = {}) {
    super('handed back');
    this.name = 'HandBack';
    this.afterMs = afterMs;
  }
}

export type ConsumerOptions<S extends TSchema> = {
  readonly queue: string;
  /** What a job's payload must be: jobs come from Redis, and Redis is a boundary like any other. */
  readonly schema: S;
  readonly handle: (payload: Static<S>, job: Job) => Promise<void>;
  readonly options: WorkerOptions & { readonly connection: IRedisClient };
  readonly errors?: ErrorReporter | undefined;
  readonly logger: Logger;
};

/** What Redis gets to answer our leave once no job is under way, ms. It may be away. */
const GOODBYE_MS = 1500;

/** A BullMQ worker with our rules: payloads are checked, a hand-back is no failure, and every error is heard. */
export function createConsumer<S extends TSchema>(consumer: ConsumerOptions<S>): Consumer {
  const { queue, options, logger, errors = createErrorReporter({ wasAway: () => false, logger }) } = consumer;
  const closing = new AbortController();
  const process = createProcessor(consumer);
  const underWay = new Set<Promise<void>>();
  let progress = 0;

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

  const worker = new Worker(queue, tracked, { ...options, connection: backingOff(options.connection, closing.signal) });
  const ended = (cause: unknown) =>
    logger.error({ queue, err: new RingbackError('RB_INTERNAL', 'the worker loop ended', { cause }) }, 'worker stopped');
  worker.on('error', (error) => errors(error, { queue }));
  worker.run().catch(ended);

  return {
    hold: () => void worker.pause(true).catch(ended),
    resume: () => void worker.resume().catch(ended),
    progress: () => progress,
    close(grace) {
      const closed = closeWithin({ worker, underWay, grace });
      closing.abort();
      return closed;
    },
  };
}

function createProcessor<S extends TSchema>({ queue, schema, handle, logger }: ConsumerOptions<S>) {
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
    throw new UnrecoverableError('RB_PAYLOAD_INVALID: not a payload of ours');
  }

  /** ms that the job waits in the queue; undefined: it is no hand-back. */
  function waitAfter(error: unknown, job: Job): number | undefined {
    if (error instanceof NewerPayload) return waitForNewerWorker(job, error.newer);
    return error instanceof HandBack ? error.afterMs : undefined;
  }

  return async (job: Job, token?: string): Promise<void> => {
    try {
      await handle(checked(job), job);
    } catch (error) {
      const afterMs = waitAfter(error, job);
      if (afterMs === undefined || token === undefined) throw error;
      await giveBack({ job, token, afterMs });
    }
  };
}

/** @throws what tells BullMQ that the job is not its to settle any more */
async function giveBack({ job, token, afterMs }: { job: Job; token: string; afterMs: number }): Promise<never> {
  if (afterMs === 0) {
    await job.moveToWait(token);
    throw new WaitingError('handed back');
  }
  await job.moveToDelayed(Date.now() + afterMs, token);
  throw new DelayedError('handed back');
}

/**
 * `worker.close()` waits for as long as its jobs and its Redis take: after `grace` ms we wait no longer for the jobs, nor for Redis alone after `GOODBYE_MS`. The
 * process MUST end then: the locks of what was under way run out, and another worker takes it over.
 */
async function closeWithin(options: { worker: Worker; underWay: ReadonlySet<Promise<void>>; grace: number }): Promise<boolean> {
  const { worker, underWay, grace } = options;
  const closed = worker.close().then(() => true as const);
  const finished = async () => {
    do {
      await Promise.allSettled(underWay);
      if (await within(GOODBYE_MS, closed)) return true;
      // A job that was on its way to us when we closed may have begun since.
    } while (underWay.size > 0);
    return false;
  };
  return (await within(grace, finished())) ?? false;
}
