import { type Callback, type ErrorCode, RingbackError } from '@ringback/contracts';
import type { Span } from '@ringback/observability';
import { HandBack, type TakenBatch } from '@ringback/queue';
import type { NamedCallback, WorkerTraces } from '../traces.ts';

/** What came of the callbacks that belong to the batch's shard. */
type Settled = {
  readonly fresh: readonly Callback[];
  readonly perOutput: ReadonlyMap<string, readonly Callback[]>;
  readonly unrouted: readonly { readonly callback: Callback }[];
  readonly duplicates: readonly Callback[];
  readonly businessDuplicates: readonly Callback[];
  readonly conflicts: readonly Callback[];
};

export type OnSettled = ((settled: Settled) => void) | undefined;

type Traced = Pick<WorkerTraces, 'dispatching'> | undefined;
type Run = (batch: TakenBatch, onSettled?: OnSettled) => Promise<void>;

/** A span for each traced callback, from the taking of its batch to the batch's end. */
export function withDispatchTraces(traces: Traced, run: Run): (batch: TakenBatch) => Promise<void> {
  if (traces === undefined) return (batch) => run(batch);
  return async (batch) => {
    const spans = spansOf(batch, traces);
    if (spans.size === 0) return run(batch);
    const results = new Map<Callback, Result>();
    try {
      await run(batch, (settled) => noteResults(results, settled));
      endAll(spans, (callback) => ({ attributes: attributesOf(results.get(callback) ?? { result: 'passed_on' }) }));
    } catch (error) {
      const why = reasonOf(error);
      if (batch.last === true && !(error instanceof HandBack)) for (const span of spans.values()) span.event('dead letter');
      const ended =
        error instanceof HandBack
          ? { attributes: { 'ringback.result': 'handed_back' } }
          : { attributes: { 'error.type': why }, failed: why };
      endAll(spans, () => ended);
      throw error;
    }
  };
}

type Damaged = { readonly id: string; readonly callbacks: readonly NamedCallback[] };

/** Of a batch that cannot be read, a span for each traced callback that it still names. */
export function traceSetAside(traces: Traced, { id: batch, callbacks }: Damaged): void {
  const code: ErrorCode = 'RB_PAYLOAD_INVALID';
  for (const callback of callbacks) {
    const span = traces?.dispatching({ callback, batch, size: callbacks.length });
    span?.event('dead letter');
    span?.end({ attributes: { 'error.type': code }, failed: code });
  }
}

function spansOf({ id: batch, callbacks }: TakenBatch, traces: Pick<WorkerTraces, 'dispatching'>): Map<Callback, Span> {
  const spans = new Map<Callback, Span>();
  for (const callback of callbacks) {
    const span = traces.dispatching({ callback, batch, size: callbacks.length });
    if (span) spans.set(callback, span);
  }
  return spans;
}

function endAll(spans: ReadonlyMap<Callback, Span>, endOf: (callback: Callback) => Parameters<Span['end']>[0]): void {
  for (const [callback, span] of spans) span.end(endOf(callback));
}

/** As `ringback_callbacks_dispatched_total` calls it. */
type Result = {
  readonly result: 'routed' | 'dropped' | 'unrouted' | 'duplicate' | 'business_duplicate' | 'conflict' | 'passed_on';
  readonly outputs?: string[];
};

function noteResults(results: Map<Callback, Result>, settled: Settled): void {
  const note = (callbacks: readonly Callback[], result: Result['result']) => {
    for (const callback of callbacks) results.set(callback, { result });
  };
  note(settled.fresh, 'dropped');
  note(
    settled.unrouted.map(({ callback }) => callback),
    'unrouted',
  );
  note(settled.duplicates, 'duplicate');
  note(settled.businessDuplicates, 'business_duplicate');
  note(settled.conflicts, 'conflict');
  for (const [output, callbacks] of settled.perOutput)
    for (const callback of callbacks) {
      const outputs = [...(results.get(callback)?.outputs ?? []), output];
      results.set(callback, { result: 'routed', outputs });
    }
}

function attributesOf({ result, outputs }: Result) {
  return { 'ringback.result': result, 'ringback.outputs': outputs };
}

function reasonOf(error: unknown): string {
  return error instanceof RingbackError ? error.code : 'RB_INTERNAL';
}
