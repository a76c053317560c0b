import type { Server } from 'node:http';
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import { keepErrorListener } from '@ringback/observability';
import Fastify, { type FastifyInstance } from 'fastify';
import { registerCallbackRoutes } from './callback-routes.ts';
import type { IngressDeps } from './ingress-deps.ts';
import { limitConnections, limitInFlight } from './limits.ts';
import { LINGER_BOUNDS, lingerOnClose } from './linger.ts';
import { answerFailure, answerMalformedHttp, answerUnknownPath } from './unrouted.ts';

/** How often Node looks for requests that take too long. ms; its own 30 s would make forty out of a limit of ten. */
const LOOK_FOR_SLOW_MS = 500;

/** The ingress: verify → validate → enqueue → ack, for every path of every source. */
export function buildApp(deps: IngressDeps, lingerBounds = LINGER_BOUNDS): FastifyInstance {
  const { bodyLimit, headerLimit, headersTimeout, requestTimeout, keepAliveTimeout } = deps.limits;
  const app = Fastify({
    bodyLimit,
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
    frameworkErrors: (error, request, reply) => void answerFailure(error, request, reply, deps),
    clientErrorHandler: (error, socket) => answerMalformedHttp(error, socket, deps),
  })
    .withTypeProvider<TypeBoxTypeProvider>()
    .setValidatorCompiler(TypeBoxValidatorCompiler);

  keepErrorListener(app.server);
  answerHalfClosed(app.server);
  lingerOnClose(app, lingerBounds);
  limitConnections(app.server, deps);
  limitInFlight(app, deps);
  keepRawBody(app);
  answerOddRequests(app.server, deps);
  closeConnectionsWhenStopping(app, deps);
  app.setErrorHandler((error, request, reply) => answerFailure(error, request, reply, deps));
  app.setNotFoundHandler((request, reply) => answerUnknownPath(request, reply, deps));
  registerCallbackRoutes(app, deps);
  return app;
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

/**
 * Who ends his side right after his request waits for the answer all the same; Node would hang up on him. It closes the connection after the last answer owed on it, and a
 * request that was cut short is malformed as ever. (A property of Node's `http.Server` that its types do not know.)
 */
function answerHalfClosed(server: Server): void {
  Object.assign(server, { httpAllowHalfOpen: true });
}

/** So that whoever keeps a connection open goes elsewhere before it is closed under a request of his. */
function closeConnectionsWhenStopping(app: Pick<FastifyInstance, 'addHook'>, { stopping }: IngressDeps): void {
  app.addHook('onRequest', (_request, reply, done) => {
    if (stopping.aborted) reply.header('connection', 'close');
    done();
  });
}

/** What Node would answer by itself, without the body that every answer of ours has. */
function answerOddRequests(server: Server, deps: IngressDeps): void {
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('connect', ({ socket }) => answerMalformedHttp(new Error('CONNECT'), socket, deps));
}
