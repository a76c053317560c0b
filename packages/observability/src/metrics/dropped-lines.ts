import type { StdoutWriter } from '../stdout-writer.ts';
import type { Metrics } from './metrics.ts';

/** Counted where they are dropped: the log says it only once there is room again. */
export function countDroppedLines(metrics: Metrics, stdout: Pick<StdoutWriter, 'dropped'>): Metrics {
  const dropped = metrics
    .counter({
      name: 'ringback_log_lines_dropped_total',
      help: 'Log lines that nobody read in time, or that the disk had no room for.',
    })
    .of();
  metrics.before(() => void (dropped.value = stdout.dropped()));
  return metrics;
}
