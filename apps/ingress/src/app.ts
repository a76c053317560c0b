import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { keepErrorListener } from '@ringback/observability';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { registerCallbackRoutes } from './callback-routes.ts';
import { boundConnections, CONNECTION_BOUNDS } from './connections.ts';
import { createInFlight } from './in-flight.ts';
import { answerHalfClosed } from './half-open.ts';
import type { AppDeps, IngressDeps } from './ingress-deps.ts';
import { LINGER_BOUNDS, lingerOnClose } from './linger.ts';
import { answerFailure, answerMalformedHttp, answerUnknownPath } from './unrouted.ts';

/** How often Node looks for requests that take too long. ms; its own 30 s would make forty out of a limit of ten. */
const LOOK_FOR_SLOW_MS = 500;
/** Answers that may be owed for each request that may be under way: most of the others are out at once. */
const OWED_PER_ACTIVE = 2;

export type Ingress = {
  readonly app: FastifyInstance;
  /** Why a callback would be refused now, for what is under way; none: it would not. */
  readonly notReadyReasons: () => readonly string[];
};

const BOUNDS = { linger: LINGER_BOUNDS, connection: CONNECTION_BOUNDS };

/** The ingress: verify → validate → enqueue → ack, for every path of every source. */
export function buildApp(ingressDeps: IngressDeps, bounds: Partial<typeof BOUNDS> = {}): Ingress {
  const { logger, limits } = ingressDeps;
  const { linger, connection } = { ...BOUNDS, ...bounds };
  const app = createServer(ingressDeps, {
    clientErrorHandler: (error, socket) => answerMalformed(error, socket),
    frameworkErrors: (error, request, reply) => void answerFailure(error, request, reply, deps),
  });
  const { server } = app;
  keepErrorListener(server);
  answerHalfClosed(server);
  lingerOnClose(app, linger);
  const { maxConnections, maxInFlight } = limits;
  const connections = boundConnections({
    server,
    maxConnections,
    maxOwed: OWED_PER_ACTIVE * maxInFlight,
    bounds: connection,
    logger,
  });
  const inFlight = createInFlight(limits);
  const deps: AppDeps = { ...ingressDeps, connections, inFlight };
  const answerMalformed = (error: Error, socket: Socket) =>
    connections.afterAnswers(socket, () => answerMalformedHttp(error, socket, deps));

  keepRawBody(app);
  answerOddRequests(server, answerMalformed);
  closeConnectionsWhenStopping(app, deps);
  app.setErrorHandler((error, request, reply) => answerFailure(error, request, reply, deps));
  app.setNotFoundHandler((request, reply) => answerUnknownPath(request, reply, deps));
  registerCallbackRoutes(app, deps);
  return { app, notReadyReasons: () => [...inFlight.notReadyReasons(), ...connections.notReadyReasons()] };
}

type Handlers = Required<Pick<FastifyServerOptions, 'clientErrorHandler' | 'frameworkErrors'>>;

function createServer({ limits, trustProxy }: IngressDeps, handlers: Handlers) {
  const { bodyLimit, headerLimit, headersTimeout, requestTimeout, keepAliveTimeout } = limits;
  return Fastify({
    bodyLimit,
    trustProxy: trustProxy ?? false,
    requestTimeout,
    keepAliveTimeout,
    http: {
      // Node refuses to start with more for the head than for all of it.
      headersTimeout: Math.min(headersTimeout, requestTimeout),
      // As well: Fastify sets it too late for that check.
      requestTimeout,
      maxHeaderSize: headerLimit,
      connectionsCheckingInterval: LOOK_FOR_SLOW_MS,
      requireHostHeader: false,
    },
    // While closing, what still comes over open connections is taken like any other: nobody is refused by a restart.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    ...handlers,
  }).withTypeProvider<TypeBoxTypeProvider>();
}

/** The signature covers the very bytes, so no Content-Type, however odd, may lead to a parser or to a refusal. */
function keepRawBody(app: Pick<FastifyInstance, 'addHook' | 'removeAllContentTypeParsers' | 'addContentTypeParser'>): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', (request, _reply, done) => {
    request.headers['content-type'] = 'application/octet-stream';
    done();
  });
}

/** So that whoever keeps a connection open goes elsewhere before it is closed under a request of his. */
function closeConnectionsWhenStopping(app: Pick<FastifyInstance, 'addHook'>, { stopping, connections }: AppDeps): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (stopping.aborted) {
      connections.isLast(request.raw.socket);
      reply.header('connection', 'close');
    }
    done();
  });
}

/** What Node would answer by itself, without the body that every answer of ours has, or before the request is judged by its headers. */
function answerOddRequests(server: Server, answerMalformed: (error: Error, socket: Socket) => void): void {
  for (const event of ['checkExpectation', 'checkContinue']) {
    server.on(event, (request, response) => server.emit('request', request, response));
  }
  server.on('connect', (_request, socket: Socket) => answerMalformed(new Error('CONNECT'), socket));
}
