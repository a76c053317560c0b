import {
  type Callback,
  type Delivery,
  type DeliveryResult,
  idempotencyKeyOf,
  type Logger,
  type Output,
} from '@ringback/contracts';
import { createRepeats } from '@ringback/observability';
import { settle, type Settlement, type SettleOptions, type Spent } from '@ringback/queue';
import type { WorkerTraces } from '../traces.ts';

export type Attempt = {
  readonly callback: Callback;
  readonly key: string;
  /** Over all its jobs. */
  readonly spent: Spent;
  readonly attempts: number;
  /** An open breaker tests the destination with it. */
  readonly probe: boolean;
};

/** `result` is about the destination, `settlement` about the delivery. */
export type Attempted = {
  readonly result: DeliveryResult;
  readonly settlement: Settlement;
  /** From 1, over all its jobs. */
  readonly number: number;
  /** When it began and when it was settled, by Redis's clock. */
  readonly at: number;
  readonly settledAt: number;
  readonly ms: number;
};

export type AttemptDeps = {
  readonly output: Output;
  readonly timeout: number;
  readonly settling: SettleOptions['settings'];
  readonly now: () => number;
  /** Redis's clock, ms since the epoch. */
  readonly redisNow: () => number;
  /** Absent: nothing is traced. */
  readonly traces?: Pick<WorkerTraces, 'attempting'> | undefined;
  readonly logger: Logger;
};

/** Stacks a minute. */
const MOST_BUGS = 10;

/** One attempt: settled and logged in one line. Never rejects. */
export function createAttempt(deps: AttemptDeps): (attempt: Attempt) => Promise<Attempted> {
  const { output, timeout, settling: settings, now, redisNow, traces, logger } = deps;

  const repeats = createRepeats({ logger, message: 'output failed by a bug more often' });

  async function deliver(delivery: Delivery): Promise<DeliveryResult> {
    const deadline = startDeadline(timeout);
    try {
      return await output.deliver(delivery, deadline.signal);
    } catch (error) {
      const bug = { code: 'RB_INTERNAL', output: output.name };
      // Each attempt still has its own line, without the stack.
      if (repeats.isLogged(bug, MOST_BUGS)) logger.error({ ...bug, err: error }, 'output failed by a bug');
      return { outcome: 'retry', failure: 'error', reason: 'internal error', fault: 'ours' };
    } finally {
      deadline.clear();
    }
  }

  return async (attempt) => {
    const [started, at] = [now(), redisNow()];
    const { callback, key, spent, probe } = attempt;
    const number = numberOf(spent);
    const traced = traces?.attempting({ callback, output: output.name, number, probe });
    const common = { callback, output: output.name, attempt: number, idempotencyKey: idempotencyKeyOf(callback, key) };
    const result = await deliver(traced ? { ...common, trace: traced.headers } : common);
    const settledAt = redisNow();
    const settlement = settle(result, { delivery: attempt, settings, now: settledAt, jitter: Math.random() });
    const ms = Math.round(now() - started);
    traced?.end({ result, settlement });
    const { id: requestID, source, account, type } = callback;
    const line = { requestID, source, account, type, output: output.name, attempt: number, ms, ...logged(result, settlement) };
    report(logger, traced?.traceId === undefined ? line : { ...line, trace: traced.traceId }, settlement);
    return { result, settlement, number, at, settledAt, ms };
  };
}

/** Cleared when the attempt ends. `AbortSignal.timeout` would keep thousands of timers until they fire. */
function startDeadline(timeout: number): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new DOMException('the attempt took too long', 'TimeoutError')), timeout);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

/** From 1. */
const numberOf = ({ attempts, uncounted }: Spent) => attempts + uncounted + 1;

/** The answer may hold personal data. */
function logged(result: DeliveryResult, settlement: Settlement): object {
  if (settlement.outcome === 'dead') {
    const { outcome, reason, fault } = settlement;
    return { outcome, reason, ...(fault === 'ours' && { fault }) };
  }
  const { answer: _personal, status: _inReason, ...shown } = { answer: undefined, status: undefined, ...result };
  return shown;
}

function report(logger: Logger, line: object, { outcome }: Settlement): void {
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
