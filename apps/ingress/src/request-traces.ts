import type { TraceHeaders, VerifiedRequest } from '@ringback/contracts';
import { countSpans, type OpenTracesOptions, openTracing, type Span, type Tracing, VERSION } from '@ringback/observability';
import type { FastifyRequest } from 'fastify';

type Received = {
  readonly request: Pick<FastifyRequest, 'raw' | 'method'>;
  readonly source: string;
  /** As configured. */
  readonly path: string;
  /** By `performance.now()`, when its head had arrived. Default: now. */
  readonly startedAt?: number | undefined;
};

export type TracedRequest = {
  /** What its callback travels with. Absent: the callback is not traced. */
  readonly headers?: TraceHeaders | undefined;
  /** Absent: not sampled. */
  readonly span?: Span | undefined;
};

export type RequestTraces = {
  /** Goes on with the trace that the sender named. */
  readonly verified: (received: Received & { readonly verified: VerifiedRequest }) => TracedRequest;
  /** A stranger MUST NOT write into the traces of others, nor decide what is sampled: only a link leads to its trace. */
  readonly refused: (received: Received) => Span | undefined;
};

type Counting = Parameters<typeof countSpans>[0];

/** `close` resolves to false if an export is still under way. */
export async function openTraces({ metrics, ...options }: OpenTracesOptions & { readonly metrics: Counting }) {
  const tracing = await openTracing({ ...options, app: 'ingress', version: VERSION });
  countSpans(metrics, tracing);
  return { traces: tracing && createRequestTraces(tracing), close: async () => (await tracing?.close()) ?? true };
}

/** One span for each request, from its head to its answer. `report` ends it. */
function createRequestTraces(tracing: Tracing): RequestTraces {
  return {
    verified({ verified: { id, account, body }, ...received }) {
      const parent = tracing.read(received.request.raw.headersDistinct);
      const attributes = {
        'ringback.account': account,
        'ringback.request.id': id,
        'http.request.body.size': body.length,
      };
      const span = tracing.start({ ...common(received), parent, attributes: { ...attributesOf(received), ...attributes } });
      span?.event('verified');
      return { headers: span?.headers ?? parent, span };
    },
    refused(received) {
      const link = tracing.read(received.request.raw.headersDistinct);
      return tracing.start({ ...common(received), link, attributes: attributesOf(received) });
    },
  };
}

/** https://opentelemetry.io/docs/specs/semconv/http/http-spans/ */
function common({ request, path, startedAt }: Received) {
  return { name: `${request.method} ${path}`, kind: 'server' as const, startedAt };
}

function attributesOf({ request, source, path }: Received) {
  return { 'http.request.method': request.method, 'http.route': path, 'ringback.source': source };
}
