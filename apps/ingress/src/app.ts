import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { keepErrorListener } from '@ringback/observability';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { registerCallbackRoutes } from './callback-routes.ts';
import { boundConnections, CONNECTION_BOUNDS } from './connections.ts';
import { createInFlight } from './in-flight.ts';
import { answerHalfClosed } from './half-open.ts';
import type { AppDeps, IngressDeps } from './ingress-deps.ts';
import { LINGER_BOUNDS, lingerOnClose } from './linger.ts';
import { createRefusalStreaks } from './refusal-streaks.ts';
import { answerFailure, answerMalformedHttp, answerUnknownPath } from './unrouted.ts';

/** ms. Node's default of 30 s would make a limit of 10 s up to 40 s. */
const LOOK_FOR_SLOW_MS = 500;
/** Answers go out at once, so this many per active request means that clients do not read. */
const OWED_PER_ACTIVE = 2;

export type Ingress = {
  readonly app: FastifyInstance;
  readonly notReadyReasons: () => readonly string[];
};

const BOUNDS = { linger: LINGER_BOUNDS, connection: CONNECTION_BOUNDS };

/** verify → validate → enqueue → ack. */
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
  const deps: AppDeps = { ...ingressDeps, connections, inFlight, streaks: createRefusalStreaks(ingressDeps) };
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
      // Node refuses a headersTimeout above requestTimeout.
      headersTimeout: Math.min(headersTimeout, requestTimeout),
      // Set here too: Fastify sets it after Node's check.
      requestTimeout,
      maxHeaderSize: headerLimit,
      connectionsCheckingInterval: LOOK_FOR_SLOW_MS,
      requireHostHeader: false,
    },
    // A restart refuses nobody: open connections are served while closing.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    ...handlers,
  });
}

/** The signature covers the raw bytes, so Content-Type MUST NOT select a parser. */
function keepRawBody(app: Pick<FastifyInstance, 'addHook' | 'removeAllContentTypeParsers' | 'addContentTypeParser'>): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', (request, _reply, done) => {
    request.headers['content-type'] = 'application/octet-stream';
    done();
  });
}

/** Clients reconnect elsewhere before we close. */
function closeConnectionsWhenStopping(app: Pick<FastifyInstance, 'addHook'>, { stopping, connections }: AppDeps): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (stopping.aborted) {
      connections.isLast(request.raw.socket);
      reply.header('connection', 'close');
    }
    done();
  });
}

/** Node would answer these without our JSON body, or before we see the headers. */
function answerOddRequests(server: Server, answerMalformed: (error: Error, socket: Socket) => void): void {
  for (const event of ['checkExpectation', 'checkContinue']) {
    server.on(event, (request, response) => server.emit('request', request, response));
  }
  server.on('connect', (_request, socket: Socket) => answerMalformed(new Error('CONNECT'), socket));
}
