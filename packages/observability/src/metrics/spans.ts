import type { Tracing } from '../tracing/tracing.ts';
import type { Metrics } from './metrics.ts';

/** Shows what became of the spans of this process. Without tracing there are none. */
export function countSpans(metrics: Pick<Metrics, 'counter' | 'before'>, tracing: Pick<Tracing, 'counts'> | undefined): void {
  const spans = metrics.counter({
    name: 'ringback_spans_total',
    help: 'Spans of traces that were exported, and that were lost: not taken, or no room in the buffer.',
    labels: ['result'],
  });
  const [sent, lost] = [spans.of({ result: 'sent' }), spans.of({ result: 'lost' })];
  metrics.before(() => {
    const counts = tracing?.counts() ?? { sent: 0, lost: 0 };
    sent.value = counts.sent;
    lost.value = counts.lost;
  });
}
