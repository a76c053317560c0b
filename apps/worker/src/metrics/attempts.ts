import type { Callback } from '@ringback/contracts';
import type { Metrics } from '@ringback/observability';
import { type FailureReason, failureReasonOf } from '../failure-reason.ts';
import type { Attempted } from '../output/attempt.ts';

/** Hears of each attempt of one output. */
export type OnAttempt = (made: Attempted, callback: Pick<Callback, 'receivedAt'>) => void;

const ATTEMPT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const DELIVERY_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600];

export type AttemptCounters = {
  readonly of: (output: string) => OnAttempt;
  readonly totals: () => { readonly delivered: number; readonly retried: number; readonly dead: number };
};

export function createAttemptCounters(metrics: Metrics): AttemptCounters {
  const counter = metrics.counter({
    name: 'ringback_deliveries_total',
    help: 'Attempts of deliveries, by what came of the delivery.',
    labels: ['output', 'outcome', 'reason'],
  });
  const attempts = metrics.histogram({
    name: 'ringback_attempt_seconds',
    help: 'How long one attempt took, whatever came of it.',
    labels: ['output'],
    buckets: ATTEMPT_BUCKETS,
  });
  const deliveries = metrics.histogram({
    name: 'ringback_ack_to_delivery_seconds',
    help: 'From the arrival of a callback to its delivery.',
    labels: ['output'],
    buckets: DELIVERY_BUCKETS,
  });

  const of = (output: string): OnAttempt => {
    const delivered = counter.of({ output, outcome: 'delivered', reason: 'none' });
    const failed = failuresOf((outcome, reason) => counter.of({ output, outcome, reason }));
    const [attempt, delivery] = [attempts.of({ output }), deliveries.of({ output })];
    return (made, { receivedAt }) => {
      attempt.observe(made.ms / 1000);
      if (made.settlement.outcome !== 'delivered') {
        failed[made.settlement.outcome][failureReasonOf(made.result)].value += 1;
        return;
      }
      delivered.value += 1;
      // Two clocks: the ingress's and Redis's.
      delivery.observe(Math.max(0, made.settledAt - receivedAt) / 1000);
    };
  };
  const sumOf = (outcome: string) => counter.sum({ outcome });
  return {
    of,
    totals: () => ({ delivered: sumOf('delivered'), retried: sumOf('retry'), dead: sumOf('dead') }),
  };
}

function failuresOf<T>(of: (outcome: 'retry' | 'dead', reason: FailureReason) => T) {
  const byReason = (outcome: 'retry' | 'dead') => ({
    no_answer: of(outcome, 'no_answer'),
    unavailable: of(outcome, 'unavailable'),
    error: of(outcome, 'error'),
    refused: of(outcome, 'refused'),
    internal: of(outcome, 'internal'),
  });
  return { retry: byReason('retry'), dead: byReason('dead') };
}
