import { Type, type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { createSink, type Sink } from './http-sink.ts';

const Value = Type.Object({
  stringValue: Type.Optional(Type.String()),
  intValue: Type.Optional(Type.Union([Type.Number(), Type.String()])),
  doubleValue: Type.Optional(Type.Number()),
  boolValue: Type.Optional(Type.Boolean()),
  arrayValue: Type.Optional(Type.Object({ values: Type.Array(Type.Object({ stringValue: Type.String() })) })),
});
const Attributes = Type.Array(Type.Object({ key: Type.String(), value: Value }));
const Span = Type.Object({
  traceId: Type.String({ pattern: '^[0-9a-f]{32}$' }),
  spanId: Type.String({ pattern: '^[0-9a-f]{16}$' }),
  parentSpanId: Type.Optional(Type.String()),
  traceState: Type.Optional(Type.String()),
  name: Type.String(),
  kind: Type.Integer(),
  startTimeUnixNano: Type.String({ pattern: '^\\d+$' }),
  endTimeUnixNano: Type.String({ pattern: '^\\d+$' }),
  attributes: Attributes,
  events: Type.Optional(Type.Array(Type.Object({ name: Type.String() }))),
  links: Type.Optional(Type.Array(Type.Object({ traceId: Type.String(), spanId: Type.String() }))),
  status: Type.Object({ code: Type.Optional(Type.Integer()), message: Type.Optional(Type.String()) }),
});
/** https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
const Request = Type.Object({
  resourceSpans: Type.Array(
    Type.Object({
      resource: Type.Object({ attributes: Attributes }),
      scopeSpans: Type.Array(Type.Object({ spans: Type.Array(Span) })),
    }),
  ),
});
const request = Compile(Request);

type Attribute = string | number | boolean | readonly string[] | undefined;

export type ReceivedSpan = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer' | undefined;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly events: readonly string[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code?: number | undefined; readonly message?: string | undefined };
  readonly resource: Readonly<Record<string, Attribute>>;
};

/** A receiver of OTLP over HTTP: it takes JSON on `/v1/traces` and refuses all else. */
export type OtlpReceiver = {
  readonly url: string;
  /** In order of arrival. */
  readonly spans: readonly ReceivedSpan[];
  readonly requests: Sink['requests'];
  /** The raw text of all requests. */
  text(): string;
  /** With which status it answers from now on; the spans of a refused request do not count. */
  answer(status: number): void;
  close(): Promise<void>;
};

export async function createOtlpReceiver(): Promise<OtlpReceiver> {
  const sink = await createSink();
  const spans: ReceivedSpan[] = [];
  let status = 200;
  sink.answer((_count, { path, headers, body }) => {
    if (path !== '/v1/traces') return 404;
    if (headers['content-type'] !== 'application/json') return 415;
    if (status !== 200) return status;
    const sent: unknown = JSON.parse(body.toString());
    if (!request.Check(sent)) return 400;
    spans.push(...spansOf(sent));
    return { status, headers: { 'content-type': 'application/json' }, body: '{}' };
  });
  return {
    url: sink.url,
    spans,
    requests: sink.requests,
    text: () => sink.requests.map(({ body }) => body.toString()).join('\n'),
    answer: (next) => void (status = next),
    close: () => sink.close(),
  };
}

const KINDS = [undefined, 'internal', 'server', 'client', 'producer', 'consumer'] as const;

function spansOf({ resourceSpans }: Static<typeof Request>): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ traceId, spanId, parentSpanId = '', name, kind, events = [], links = [], status, ...span }) => ({
        traceId,
        spanId,
        parentSpanId,
        name,
        kind: KINDS[kind],
        status,
        startedAt: Number(BigInt(span.startTimeUnixNano) / 1000n) / 1e3,
        endedAt: Number(BigInt(span.endTimeUnixNano) / 1000n) / 1e3,
        attributes: read(span.attributes),
        events: events.map((event) => event.name),
        links: links.map((link) => ({
          traceId: link.traceId,
          spanId: link.spanId,
        })),
        resource: read(resource.attributes),
      })),
    ),
  );
}

function read(attributes: Static<typeof Attributes>): Record<string, Attribute> {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, doubleValue, boolValue, arrayValue } }) => [
      key,
      stringValue ??
        (intValue === undefined ? undefined : Number(intValue)) ??
        doubleValue ??
        boolValue ??
        arrayValue?.values.map((one) => one.stringValue),
    ]),
  );
}
