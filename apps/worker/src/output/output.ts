import type { Config } from '@ringback/config';
import type { Logger, Output } from '@ringback/contracts';
import type { OnAttempt } from '../metrics/attempts.ts';
import type { Consumer } from '@ringback/queue';
import pLimit, { type LimitFunction } from 'p-limit';
import { type Breaker, type BreakerState, createBreaker } from './breaker.ts';
import type { LaneFlow } from './lane-flow.ts';
import { createRecent, type Recent } from './recent.ts';
import { createBreakerReport } from './report-breaker.ts';

/** Without a consumer, another process consumes. */
type OwnLane = {
  readonly consumer?: Pick<Consumer, 'hold' | 'resume'> | undefined;
  readonly flow: Pick<LaneFlow, 'wake'>;
};

/** What one output has in a process, however many lanes it has there. */
export type ServedOutput = {
  readonly output: Output;
  readonly settings: Config['outputs'][number];
  /** A rate limit counts jobs: each delivery is one. */
  readonly alone: boolean;
  readonly breaker: Breaker;
  /** Over all its lanes. */
  readonly limit: LimitFunction;
  readonly attempts: () => number;
  readonly onAttempt: OnAttempt;
  readonly recent: () => Recent;
  /** While the breaker is open, the lane's deliveries stay in the queue. The returned function takes it out again. */
  join(lane: OwnLane): () => void;
};

export type OutputOptions = Pick<ServedOutput, 'output' | 'settings'> & {
  readonly now: () => number;
  /** Under earlier settings. */
  readonly before?: Pick<ServedOutput, 'breaker' | 'recent'> | undefined;
  /** Counts attempts for the metrics. */
  readonly attempted?: OnAttempt | undefined;
  readonly logger: Logger;
};

export function openOutput({ output, settings, now, before, attempted, logger }: OutputOptions): ServedOutput {
  const lanes = new Set<OwnLane>();
  let attempts = 0;
  const recent = createRecent(now, before);
  const breaker = createBreaker({
    settings: settings.delivery.breaker,
    now,
    before: before?.breaker.known(),
    schedule: (run, ms) => void setTimeout(run, ms).unref(),
    onChange(change) {
      recent.breakerIs(change.state);
      report(change);
      for (const lane of lanes) holdOrFeed(lane, change.state);
    },
  });
  // A breaker that the settings switch off is closed from now on.
  recent.breakerIs(breaker.state());
  const told = breaker.state() === 'closed' ? undefined : breaker.known().circuit;
  const report = createBreakerReport({ output: output.name, now, before: told, logger });
  return {
    output,
    settings,
    alone: settings.delivery.rateLimit !== undefined,
    breaker,
    limit: pLimit(settings.delivery.concurrency),
    attempts: () => attempts,
    recent: () => recent.read(),
    onAttempt(made, callback) {
      attempts += 1;
      recent.attempted(made);
      attempted?.(made, callback);
    },
    join(lane) {
      lanes.add(lane);
      // Settings may change while the output fails.
      if (breaker.state() === 'open') lane.consumer?.hold();
      return () => void lanes.delete(lane);
    },
  };
}

function holdOrFeed({ consumer, flow }: OwnLane, state: BreakerState): void {
  if (state === 'open') {
    consumer?.hold();
    return;
  }
  consumer?.resume();
  flow.wake();
}
