import type { Metrics } from '@ringback/observability';

/** Callbacks of a batch that is done, by what came of them. */
export type Dispatched = {
  readonly routed: number;
  readonly dropped: number;
  readonly unrouted: number;
  readonly duplicates: number;
  readonly businessDuplicates: number;
  readonly conflicts: number;
};

/** `total`: callbacks of batches that are done. */
export function createDispatchedCounter(metrics: Metrics): { count: (batch: Dispatched) => void; total: () => number } {
  const counter = metrics.counter({
    name: 'ringback_callbacks_dispatched_total',
    help: 'Callbacks that a worker took from the queue, by what came of them.',
    labels: ['result'],
  });
  const of = (result: string) => counter.of({ result });
  const [routed, dropped, unrouted] = [of('routed'), of('dropped'), of('unrouted')];
  const [duplicate, businessDuplicate, conflict] = [of('duplicate'), of('business_duplicate'), of('conflict')];
  const count = (batch: Dispatched) => {
    routed.value += batch.routed;
    dropped.value += batch.dropped;
    unrouted.value += batch.unrouted;
    duplicate.value += batch.duplicates;
    businessDuplicate.value += batch.businessDuplicates;
    conflict.value += batch.conflicts;
  };
  return { count, total: () => counter.sum({}) };
}
