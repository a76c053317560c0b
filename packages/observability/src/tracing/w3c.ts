import { ROOT_CONTEXT, type SpanContext, trace, TraceFlags } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { TraceHeaders } from '@ringback/contracts';

export type HeaderValues = {
  readonly traceparent?: readonly string[] | undefined;
  readonly tracestate?: readonly string[] | undefined;
};

/** A later version may be longer than the 55 characters of version 00. */
const MAX_PARENT_LENGTH = 256;

const propagator = new W3CTraceContextPropagator();
const getter = {
  keys: () => ['traceparent', 'tracestate'],
  get: ({ traceparent, tracestate }: HeaderValues, key: string) => [
    ...((key === 'traceparent' ? traceparent : tracestate) ?? []),
  ],
};

/** Undefined: absent or malformed. Of `tracestate` at most 32 well-formed members and 512 characters remain. */
export function readContext(values: HeaderValues): SpanContext | undefined {
  const [traceparent, ...others] = values.traceparent ?? [];
  if (traceparent === undefined || others.length > 0 || traceparent.length > MAX_PARENT_LENGTH) return undefined;
  return trace.getSpanContext(propagator.extract(ROOT_CONTEXT, values, getter));
}

export function formatHeaders({ traceId, spanId, traceFlags, traceState }: SpanContext): TraceHeaders {
  const traceparent = `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`;
  const tracestate = traceState?.serialize() ?? '';
  return { traceparent, ...(tracestate !== '' && { tracestate }) };
}
