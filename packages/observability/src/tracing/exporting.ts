import { ExportResultCode } from '@opentelemetry/core';
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace';
import type { Logger } from '@ringback/contracts';

export type ExportingOptions = {
  readonly exporter: SpanExporter;
  /** For the log. */
  readonly endpoint: string;
  /** Spans. */
  readonly maxWaiting?: number;
  readonly everyMs?: number;
  readonly logger: Logger;
};

type Counts = { sent: number; lost: number };

const MAX_WAITING = 8192;
const SPANS_PER_EXPORT = 512;
const EVERY_MS = 1000;

/** Exports spans beside the work: nothing waits for it, and what finds the buffer full is counted and lost. */
export function createExporting(options: ExportingOptions): { readonly processor: SpanProcessor; readonly counts: () => Counts } {
  const { exporter, maxWaiting = MAX_WAITING, everyMs = EVERY_MS } = options;
  const counts: Counts = { sent: 0, lost: 0 };
  let waiting = 0;
  const tell = createOutageReport(options, counts);
  const watched: SpanExporter = {
    export(spans, done) {
      waiting -= spans.length;
      exporter.export(spans, (result) => {
        const sent = result.code === ExportResultCode.SUCCESS;
        counts[sent ? 'sent' : 'lost'] += spans.length;
        tell(sent ? undefined : (result.error ?? new Error('not exported')));
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
  const batches = new BatchSpanProcessor({
    exporter: watched,
    maxQueueSize: maxWaiting,
    maxExportBatchSize: Math.min(SPANS_PER_EXPORT, maxWaiting),
    scheduledDelayMillis: everyMs,
  });
  const processor: SpanProcessor = {
    onStart: () => {},
    onEnd(span) {
      // The SDK bounds its queue as well, but says nowhere what it dropped.
      if (waiting >= maxWaiting) {
        counts.lost += 1;
        return;
      }
      waiting += 1;
      batches.onEnd(span);
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  };
  return { processor, counts: () => ({ ...counts }) };
}

/** One line when an outage of the receiver begins, and one when it is over. */
function createOutageReport(
  { endpoint, logger }: ExportingOptions,
  counts: Readonly<Counts>,
): (failure: Error | undefined) => void {
  let outage: { readonly since: number; readonly lost: number } | undefined;
  let lostBefore = 0;
  return (failure) => {
    if (failure !== undefined && outage === undefined) {
      outage = { since: performance.now(), lost: lostBefore };
      logger.warn({ code: 'RB_TRACES_LOST', endpoint, problem: problemOf(failure) }, 'traces are not taken by their receiver');
    }
    if (failure === undefined && outage !== undefined) {
      const seconds = Math.round(performance.now() - outage.since) / 1000;
      logger.info({ endpoint, spansLost: counts.lost - outage.lost, seconds }, 'traces are taken again');
      outage = undefined;
    }
    lostBefore = counts.lost;
  };
}

/** Without the receiver's answer, which is not ours to log. */
function problemOf(failure: Error): string {
  const code = 'code' in failure ? failure.code : undefined;
  if (typeof code === 'number') return `HTTP ${code}`;
  return typeof code === 'string' ? code : failure.message;
}
