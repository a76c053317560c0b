import { type Logger, RingbackError } from '@ringback/contracts';
import { type Job, UnrecoverableError, WaitingError, Worker, type WorkerOptions } from 'bullmq';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/** Takes jobs of one queue until it is closed. */
export type Consumer = {
  /** Takes no further job and waits for those under way, at most `grace` ms; resolves to false when some were cut off (another worker takes them over). */
  close(grace: number): Promise<boolean>;
};

/** Thrown by a handler that was asked to stop: the job goes back to the queue as it is, and costs it no attempt. */
export class HandBack extends Error {}

export type ConsumerOptions<S extends TSchema> = {
  readonly queue: string;
  /** What a job's payload must be: jobs come from Redis, and Redis is a boundary like any other. */
  readonly schema: S;
  readonly handle: (payload: Static<S>, job: Job) => Promise<void>;
  readonly options: WorkerOptions;
  readonly logger: Logger;
};

/** A BullMQ worker with our rules: payloads are checked, a hand-back is no failure, and every error is heard. */
export function createConsumer<S extends TSchema>({ queue, schema, handle, options, logger }: ConsumerOptions<S>): Consumer {
  const payload = Compile(schema);

  async function process(job: Job, token?: string): Promise<void> {
    const data: unknown = job.data;
    if (!payload.Check(data)) {
      const [problem] = payload.Errors(data);
      logger.error(
        { code: 'RB_PAYLOAD_INVALID', queue, job: job.id, at: problem?.instancePath, problem: problem?.message },
        'job set aside',
      );
      throw new UnrecoverableError('RB_PAYLOAD_INVALID: not a payload of ours');
    }
    try {
      await handle(data, job);
    } catch (error) {
      if (!(error instanceof HandBack) || token === undefined) throw error;
      await job.moveToWait(token);
      throw new WaitingError('handed back');
    }
  }

  const worker = new Worker(queue, process, options);
  worker.on('error', (error) => logger.warn({ queue, err: error }, 'queue error'));
  worker.run().catch((cause: unknown) => {
    logger.error({ queue, err: new RingbackError('RB_INTERNAL', 'the worker loop ended', { cause }) }, 'worker stopped');
  });

  return { close: (grace) => closeWithin(worker, grace) };
}

/** `worker.close()` waits for as long as its jobs take: after `grace` ms we wait no longer. The process MUST end then: the locks of what was under way run out, and another worker takes it over. */
async function closeWithin(worker: Worker, grace: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), grace);
  });
  const closed = worker.close().then(() => true as const);
  return Promise.race([closed, late]).finally(() => clearTimeout(timer));
}
