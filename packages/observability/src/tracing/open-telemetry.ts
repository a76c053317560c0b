import { hostname } from 'node:os';
import {
  type Context,
  ROOT_CONTEXT,
  type Span as OtelSpan,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import type { TraceHeaders } from '@ringback/contracts';
import { createExporting } from './exporting.ts';
import { createShown } from './shown.ts';
import type { Span, Tracing, TracingOptions } from './tracing.ts';
import { formatHeaders, readContext } from './w3c.ts';

const FLUSH_WITHIN_MS = 1500;
/** With the SDK's retries. */
const EXPORT_WITHIN_MS = 5000;
const MAX_ATTRIBUTE_LENGTH = 512;

const KINDS = {
  server: SpanKind.SERVER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
} as const;

/** Registers nothing globally, and keeps no context of its own: each span is told its parent. */
export function createTracing({ settings, app, version, mask, logger }: TracingOptions): Tracing {
  const { endpoint, headers = {}, sample, service } = settings;
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    headers: Object.fromEntries(Object.entries(headers).map(([name, secret]) => [name, secret.reveal()])),
    timeoutMillis: EXPORT_WITHIN_MS,
  });
  const { processor, counts } = createExporting({ exporter, endpoint, logger });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': service,
      'service.version': version,
      'service.instance.id': `${hostname()}:${process.pid}`,
      'ringback.app': app,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sample) }),
    spanLimits: { attributeValueLengthLimit: MAX_ATTRIBUTE_LENGTH },
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer('ringback', version);
  const shown = createShown(mask);

  return {
    start({ name, kind, parent, link, startedAt, attributes: given }) {
      const now = performance.now();
      const began = startedAt ?? now;
      // The wall clock, with the monotonic clock's fractions.
      const startTime = Date.now() - (now - began);
      const links = linksTo(link);
      const attributes = shown.attributes(given);
      const span = tracer.startSpan(name, { kind: KINDS[kind], startTime, attributes, links }, contextOf(parent));
      return span.isRecording() ? asSpan(span, { began, startTime, shown }) : undefined;
    },
    read(values) {
      const context = readContext(values);
      return context && formatHeaders(context);
    },
    counts,
    close: () => closeWithin(provider, FLUSH_WITHIN_MS),
  };
}

function contextOf(parent: TraceHeaders | undefined): Context {
  const context = read(parent);
  return context ? trace.setSpanContext(ROOT_CONTEXT, context) : ROOT_CONTEXT;
}

function linksTo(link: TraceHeaders | undefined): { context: SpanContext }[] {
  const context = read(link);
  return context ? [{ context }] : [];
}

function read(headers: TraceHeaders | undefined): SpanContext | undefined {
  if (headers === undefined) return undefined;
  const { traceparent, tracestate } = headers;
  return readContext({ traceparent: [traceparent], tracestate: tracestate === undefined ? [] : [tracestate] });
}

type Begun = { readonly began: number; readonly startTime: number; readonly shown: ReturnType<typeof createShown> };

function asSpan(span: OtelSpan, { began, startTime, shown }: Begun): Span {
  const context = span.spanContext();
  const now = () => startTime + performance.now() - began;
  return {
    traceId: context.traceId,
    headers: formatHeaders(context),
    event: (name) => void span.addEvent(name, now()),
    end({ attributes, failed }) {
      span.setAttributes(shown.attributes(attributes));
      if (failed !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: shown.text('reason', failed) });
      span.end(now());
    },
  };
}

async function closeWithin(provider: TracerProvider, ms: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ms);
  try {
    // What could not be exported was told.
    return await Promise.race([
      provider.shutdown().then(
        () => true,
        () => true,
      ),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
