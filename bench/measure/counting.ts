import { createMetrics } from '@ringback/observability';

/** What an ingress counts for an acked callback, and a worker for a delivery that succeeds at once: apps/*'s `metrics`. */
const COUNTED = { ingress: { counters: 1, histograms: 1 }, worker: { counters: 1, histograms: 2 } } as const;
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** µs, in a loop in this process: processes of ours always count, so there is none to compare with. */
export function countingMicros(app: keyof typeof COUNTED, times: number): number {
  const metrics = createMetrics({ app, version: '0' });
  const counters = names(COUNTED[app].counters).map((name) => {
    const named = { name: `${name}_total`, help: 'h', labels: ['output', 'outcome', 'reason'] };
    return metrics.counter(named).of({ output: 'one', outcome: 'delivered', reason: 'none' });
  });
  const histograms = names(COUNTED[app].histograms).map((name) => {
    const named = { name: `${name}_seconds`, help: 'h', labels: ['output'], buckets: BUCKETS };
    return metrics.histogram(named).of({ output: 'one' });
  });
  const count = (time: number) => {
    for (const counter of counters) counter.value += 1;
    for (const histogram of histograms) histogram.observe((time % 97) / 1000);
  };
  for (let time = 0; time < times; time += 1) count(time);
  const started = performance.now();
  for (let time = 0; time < times; time += 1) count(time);
  return ((performance.now() - started) * 1000) / times;
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `bench_${index}`);
}
