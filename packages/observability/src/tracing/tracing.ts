import type { Logger, Secret, TraceHeaders } from '@ringback/contracts';

/** MUST hold no secret. What senders name (id, account, type) is masked as in log lines. */
export type Attributes = Readonly<Record<string, string | number | boolean | string[] | undefined>>;

type NewSpan = {
  readonly name: string;
  readonly kind: 'server' | 'consumer' | 'client' | 'internal';
  /** Absent: it begins a trace. */
  readonly parent?: TraceHeaders | undefined;
  /** Of another trace. */
  readonly link?: TraceHeaders | undefined;
  /** By `performance.now()`. Default: now. */
  readonly startedAt?: number | undefined;
  readonly attributes: Attributes;
};

export type Span = {
  readonly traceId: string;
  /** For what is below it. */
  readonly headers: TraceHeaders;
  event(name: string): void;
  /** `failed`: why, in words, masked as in log lines. */
  end(ended: { readonly attributes: Attributes; readonly failed?: string | undefined }): void;
};

type HeaderValues = readonly string[] | undefined;

export type Tracing = {
  /** Undefined: not sampled. */
  start(span: NewSpan): Span | undefined;
  /** Undefined: absent or malformed. https://www.w3.org/TR/trace-context/ */
  read(headers: { readonly traceparent?: HeaderValues; readonly tracestate?: HeaderValues }): TraceHeaders | undefined;
  /** Spans so far. `lost`: the receiver did not take them, or the buffer was full. */
  counts(): { readonly sent: number; readonly lost: number };
  /** Exports what is left. False: an export is still under way after 1.5 s, and keeps the process alive. */
  close(): Promise<boolean>;
};

export type TracingSettings = {
  readonly endpoint: string;
  readonly headers?: Readonly<Record<string, Secret>> | undefined;
  /** From 0 to 1. */
  readonly sample: number;
  readonly service: string;
};

export type TracingOptions = {
  readonly settings: TracingSettings;
  readonly app: string;
  readonly version: string;
  /** Of log lines. Absent: nothing is masked. */
  readonly mask?: ((line: string) => string) | undefined;
  readonly logger: Logger;
};

/** As the apps give them. */
export type OpenTracesOptions = Pick<TracingOptions, 'mask' | 'logger'> & { readonly settings: TracingSettings | undefined };

/** Undefined without settings: then OpenTelemetry is not even loaded. */
export async function openTracing({
  settings,
  ...options
}: Omit<TracingOptions, 'settings'> & { readonly settings: TracingSettings | undefined }): Promise<Tracing | undefined> {
  if (settings === undefined) return undefined;
  const { createTracing } = await import('./open-telemetry.ts');
  return createTracing({ settings, ...options });
}
