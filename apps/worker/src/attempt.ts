import type { Callback, DeliveryResult, Logger, Output } from '@ringback/contracts';
import type { Spent } from '@ringback/queue';
import { costOf, type Limits, limitReached } from './give-up.ts';

export type Attempt = {
  readonly callback: Callback;
  /** Under which queue and ledger know the callback. */
  readonly key: string;
  /** What the delivery has spent before, over all its jobs. */
  readonly spent: Spent;
  readonly limits: Limits;
  /** By it an open breaker finds out. */
  readonly probe: boolean;
};

export type AttemptDeps = {
  readonly output: Output;
  readonly timeout: number;
  /** ms. Only differences count. */
  readonly now: () => number;
  /** Redis's time, ms since the epoch. */
  readonly redisNow: () => number;
  readonly logger: Logger;
};

/** Makes one attempt and writes its one log line. Never rejects: whatever goes wrong is an outcome. */
export function createAttempt(deps: AttemptDeps): (attempt: Attempt) => Promise<DeliveryResult> {
  const { output, timeout, now, logger } = deps;

  async function deliver({ callback, key, spent }: Attempt): Promise<DeliveryResult> {
    const delivery = { callback, output: output.name, attempt: numberOf(spent), idempotencyKey: `msg_${key}` };
    const deadline = startDeadline(timeout);
    try {
      return await output.deliver(delivery, deadline.signal);
    } catch (error) {
      logger.error({ code: 'RB_INTERNAL', output: output.name, err: error }, 'output failed by a bug');
      return { outcome: 'retry', failure: 'error', reason: 'internal error', fault: 'ours' };
    } finally {
      deadline.clear();
    }
  }

  return async (attempt) => {
    const started = now();
    const result = exhaust(await deliver(attempt), attempt, deps.redisNow);
    const { id, source, account, type } = attempt.callback;
    const { answer: _personal, ...logged } = { answer: undefined, ...result };
    const line = {
      requestID: id,
      source,
      account,
      type,
      output: output.name,
      attempt: numberOf(attempt.spent),
      ms: Math.round(now() - started),
      ...logged,
    };
    report(logger, line, result);
    return result;
  };
}

/** Like `AbortSignal.timeout`, but over with the attempt: that one's timers stay until they fire, thousands at a time. */
function startDeadline(timeout: number): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new DOMException('the attempt took too long', 'TimeoutError')), timeout);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

/** A failure that no attempt will follow is final. */
function exhaust(result: DeliveryResult, { spent, limits, probe }: Attempt, redisNow: () => number): DeliveryResult {
  if (result.outcome !== 'retry') return result;
  const limit = limitReached(costOf(result, probe), { spent, limits, now: redisNow() });
  if (limit === undefined) return result;
  const { fault, answer } = result;
  return { outcome: 'dead', reason: `given up after ${limit}: ${result.reason}`, answer, ...(fault && { fault }) };
}

/** Attempts count from 1. */
const numberOf = ({ attempts, uncounted }: Spent) => attempts + uncounted + 1;

function report(logger: Logger, line: object, { outcome }: DeliveryResult): void {
  switch (outcome) {
    case 'delivered':
      return logger.info(line, 'delivered');
    case 'retry':
      return logger.warn({ code: 'RB_DELIVERY_RETRY', ...line }, 'attempt failed');
    case 'dead':
      return logger.error({ code: 'RB_DELIVERY_DEAD', ...line }, 'dead letter');
    default:
      return outcome satisfies never;
  }
}
