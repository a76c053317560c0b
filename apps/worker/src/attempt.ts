import type { Callback, DeliveryResult, Logger, Output } from '@ringback/contracts';

export type Attempt = {
  readonly callback: Callback;
  /** Under which queue and ledger know the callback. */
  readonly key: string;
  /** Counts from 1, over all jobs of the delivery. */
  readonly number: number;
  /** No further one follows if this one fails. */
  readonly last: boolean;
};

export type AttemptDeps = {
  readonly output: Output;
  readonly timeout: number;
  /** ms. Only differences count. */
  readonly now: () => number;
  readonly logger: Logger;
};

/** Makes one attempt and writes its one log line. Never rejects: whatever goes wrong is an outcome. */
export function createAttempt({ output, timeout, now, logger }: AttemptDeps): (attempt: Attempt) => Promise<DeliveryResult> {
  async function deliver({ callback, key, number }: Attempt): Promise<DeliveryResult> {
    const delivery = { callback, output: output.name, attempt: number, idempotencyKey: `msg_${key}` };
    const deadline = startDeadline(timeout);
    try {
      return await output.deliver(delivery, deadline.signal);
    } catch (error) {
      logger.error({ code: 'RB_INTERNAL', output: output.name, err: error }, 'output failed by a bug');
      return { outcome: 'retry', reason: 'internal error', fault: 'ours' };
    } finally {
      deadline.clear();
    }
  }

  return async (attempt) => {
    const started = now();
    const result = exhaust(await deliver(attempt), attempt);
    const { id, source, account, type } = attempt.callback;
    const line = {
      requestID: id,
      source,
      account,
      type,
      output: output.name,
      attempt: attempt.number,
      ms: Math.round(now() - started),
      ...result,
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
function exhaust(result: DeliveryResult, { number, last }: Attempt): DeliveryResult {
  if (result.outcome !== 'retry' || !last) return result;
  const { fault } = result;
  return { outcome: 'dead', reason: `given up after attempt ${number}: ${result.reason}`, ...(fault && { fault }) };
}

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
