import type { DeliveryResult } from '@ringback/contracts';
import { UnrecoverableError } from 'bullmq';

/** Why a single delivery's job failed this time; tells the backoff what the destination asked for. */
class AttemptFailed extends Error {
  readonly afterMs: number | undefined;

  constructor(reason: string, afterMs: number | undefined) {
    super(reason);
    this.name = 'AttemptFailed';
    this.afterMs = afterMs;
    // BullMQ keeps the stack with the job. It would only ever show this file.
    this.stack = `${this.name}: ${reason}`;
  }
}

/**
 * The one place where an outcome becomes queue behaviour: returning completes the job, an `AttemptFailed` has BullMQ try it again after its backoff, as
 * long as it has attempts left, and an `UnrecoverableError` leaves it in the failed set.
 */
export function settle(result: DeliveryResult): void {
  switch (result.outcome) {
    case 'delivered':
      return;
    case 'retry':
      throw new AttemptFailed(result.reason, result.afterMs);
    case 'dead':
      throw new UnrecoverableError(result.reason);
    default:
      result satisfies never;
  }
}

/** The wait in ms that the destination asked for with the attempt that failed with `error`. */
export function requestedDelay(error: unknown): number {
  return error instanceof AttemptFailed ? (error.afterMs ?? 0) : 0;
}
