import { HandBack } from '../bullmq/consumer.ts';
import { UnrecoverableError } from '../bullmq/unrecoverable.ts';
import type { Settlement } from './settle.ts';

/** BullMQ runs the job again after `waitMs`. */
class AttemptFailed extends Error {
  readonly waitMs: number;

  constructor(reason: string, waitMs: number) {
    super(reason);
    this.name = 'AttemptFailed';
    this.waitMs = waitMs;
  }
}

/** Ends a run of a job as settled: returns, or throws what BullMQ turns into it. `cause`: what broke the run. */
export function endJob(settlement: Settlement, cause?: unknown): void {
  switch (settlement.outcome) {
    case 'delivered':
      return;
    case 'retry':
      if (!settlement.counted) throw new HandBack({ afterMs: Math.max(1, settlement.waitMs) });
      throw withStackOf(cause, new AttemptFailed(settlement.reason, settlement.waitMs));
    case 'dead':
      throw withStackOf(cause, new UnrecoverableError(settlement.reason));
    default:
      settlement satisfies never;
  }
}

/** How long the job that failed with `error` waits, ms. Undefined: nobody settled it. */
export function settledWait(error: unknown): number | undefined {
  return error instanceof AttemptFailed ? error.waitMs : undefined;
}

/** BullMQ keeps the stack with the job. Our own would only ever show this file. */
function withStackOf<E extends Error>(cause: unknown, error: E): E {
  error.stack = cause instanceof Error && cause.stack !== undefined ? cause.stack : `${error.name}: ${error.message}`;
  return error;
}
