import type { Callback, DeliveryResult, ErrorCode, TraceHeaders } from '@ringback/contracts';
import { countSpans, type OpenTracesOptions, openTracing, type Span, type Tracing, VERSION } from '@ringback/observability';
import type { Settlement } from '@ringback/queue';
import { failureReasonOf } from './failure-reason.ts';

type Made = { readonly result: DeliveryResult; readonly settlement: Settlement };

type Beginning = {
  readonly callback: Callback;
  readonly output: string;
  /** From 1. */
  readonly number: number;
  readonly probe: boolean;
};

type TracedAttempt = {
  /** For the destination. */
  readonly headers: TraceHeaders | undefined;
  /** Undefined: not sampled. */
  readonly traceId: string | undefined;
  readonly end: (made: Made) => void;
};

/** What is damaged may not say all of it. */
export type NamedCallback = Pick<Callback, 'id' | 'source'> & Partial<Pick<Callback, 'type' | 'traceparent' | 'tracestate'>>;

/** A delivery that ended by a rule or by a fault, and by no attempt. */
type EndedDelivery = {
  readonly callback: NamedCallback;
  readonly output: string;
  readonly batch: string;
  readonly state: 'dead' | 'dropped';
  readonly code: ErrorCode;
};

/**
 * A callback without the context of its request is not traced. Spans of a worker are below that of the request: so what
 * Redis holds of a callback is the same in each run.
 */
export type WorkerTraces = {
  /** Undefined: not sampled. */
  dispatching(dispatching: { readonly callback: NamedCallback; readonly batch: string; readonly size: number }): Span | undefined;
  /** Undefined: the callback is not traced. */
  attempting(beginning: Beginning): TracedAttempt | undefined;
  ended(delivery: EndedDelivery): void;
};

type Counting = Parameters<typeof countSpans>[0];

export async function openTraces({ metrics, ...options }: OpenTracesOptions & { readonly metrics: Counting }) {
  const tracing = await openTracing({ ...options, app: 'worker', version: VERSION });
  countSpans(metrics, tracing);
  return { traces: tracing && createWorkerTraces(tracing), close: async () => void (await tracing?.close()) };
}

function createWorkerTraces(tracing: Tracing): WorkerTraces {
  return {
    dispatching({ callback, batch, size }) {
      const parent = parentOf(callback);
      if (parent === undefined) return undefined;
      const attributes = { ...attributesOf(callback), 'ringback.batch': batch, 'messaging.batch.message_count': size };
      return tracing.start({ name: 'dispatch', kind: 'consumer', parent, attributes });
    },
    attempting({ callback, output, number, probe }) {
      const parent = parentOf(callback);
      if (parent === undefined) return undefined;
      const own = { 'ringback.output': output, 'ringback.attempt': number, 'ringback.probe': probe || undefined };
      const attributes = { ...attributesOf(callback), ...own };
      const span = tracing.start({ name: `deliver ${output}`, kind: 'client', parent, attributes });
      // Not sampled, the destination still learns of the trace, and that nobody records it.
      const headers = span?.headers ?? tracing.read({ traceparent: [parent.traceparent], tracestate: [parent.tracestate ?? ''] });
      return { headers, traceId: span?.traceId, end: (made) => end(span, made) };
    },
    ended({ callback, output, batch, state, code }) {
      const parent = parentOf(callback);
      if (parent === undefined) return;
      const own = { 'ringback.output': output, 'ringback.batch': batch, 'ringback.outcome': state };
      const attributes = { ...attributesOf(callback), ...own };
      const name = `${state === 'dead' ? 'dead letter' : 'drop'} ${output}`;
      tracing.start({ name, kind: 'internal', parent, attributes })?.end({ attributes: { 'error.type': code }, failed: code });
    },
  };
}

function parentOf({ traceparent, tracestate }: NamedCallback): TraceHeaders | undefined {
  return traceparent === undefined ? undefined : { traceparent, ...(tracestate !== undefined && { tracestate }) };
}

function attributesOf({ id, source, type }: NamedCallback) {
  return { 'ringback.request.id': id, 'ringback.source': source, 'ringback.type': type };
}

/** Reasons are made for logs: they hold nothing personal. */
function end(span: Span | undefined, { result, settlement }: Made): void {
  if (span === undefined) return;
  const { status } = result;
  const attributes = { 'ringback.outcome': settlement.outcome, 'http.response.status_code': status };
  if (result.outcome === 'delivered') return span.end({ attributes });
  if (settlement.outcome === 'dead') span.event('dead letter');
  const reason = failureReasonOf(result);
  const failed = settlement.outcome === 'dead' ? settlement.reason : result.reason;
  span.end({ attributes: { ...attributes, 'ringback.reason': reason, 'error.type': String(status ?? reason) }, failed });
}
