import type { DeliveryResult, Fault } from '@ringback/contracts';
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
      throw new UnrecoverableError(deadReason(result));
    default:
      result satisfies never;
  }
}

/** The reason as it stands with a dead letter: one that is our fault begins with an error code, so that any dashboard of BullMQ tells it, too. */
export function deadReason({ reason, fault }: { readonly reason: string; readonly fault?: Fault }): string {
  return fault === 'ours' ? `RB_INTERNAL: ${reason}` : reason;
}

/** Whose fault a dead letter is, by its reason. */
export function faultOf(reason: string): Fault {
  return /^RB_[A-Z_]+: /.test(reason) ? 'ours' : 'theirs';
}

/** A delivery that fails by something else than an outcome (a bug, Redis in the middle of it) is no fault of its destination; the error stays what it is to BullMQ. */
export function blameOurselves(error: unknown): never {
  if (error instanceof Error) error.message = deadReason({ reason: error.message, fault: 'ours' });
  throw error;
}

/** The wait in ms that the destination asked for with the attempt that failed with `error`. */
export function requestedDelay(error: unknown): number {
  return error instanceof AttemptFailed ? (error.afterMs ?? 0) : 0;
}
