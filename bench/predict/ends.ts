import { costAt, type Costs, type Figure } from './costs.ts';
import { type Demand, type Limits, networkOf } from './size.ts';

/** Callbacks a second at which one of something is full. */
export type End = { readonly what: string; readonly rate: number };

/** What ends first comes first: one ingress, one worker, one primary, in full batches. */
export function endsOf(costs: Costs, demand: Omit<Demand, 'rate'>, limits: Limits): End[] {
  const { outputs, window, backlog, destination } = demand;
  const per = (figure: Figure) => costAt(figure, outputs, costs.batch, costs.batch);
  const core = limits.coreShare * 1e6;
  const memory = limits.memoryBytes * limits.memoryShare;
  const ends = [
    { what: 'core of one ingress', rate: core / costs.ingressMicros.one },
    { what: 'core of one worker', rate: core / per(costs.workerMicros) },
    { what: 'deliveries under way of one worker', rate: (limits.concurrency * 1000) / destination },
    { what: 'core of one primary', rate: core / per(costs.redisMicros) },
    { what: 'memory of one primary', rate: memory / (window * per(costs.keptBytes) + backlog * costs.waitingBytes.one) },
    {
      what: 'network of one primary',
      rate: (limits.networkBytes * limits.networkShare) / networkOf(costs, per, limits.replicas),
    },
  ];
  return ends.toSorted((one, other) => one.rate - other.rate);
}
