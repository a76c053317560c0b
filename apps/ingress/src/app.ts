import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { createRepeats, keepErrorListener } from '@ringback/observability';
import Fastify, { type FastifyInstance } from 'fastify';
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
  /** Listens and closes, whichever generation answers. */
  readonly app: FastifyInstance;
  readonly notReadyReasons: () => readonly string[];
  /** Builds a generation of the app. Then the returned function lets it answer: requests under way end in their own. */
  readonly prepare: (deps: IngressDeps) => Promise<() => void>;
};

/** One generation: what answers a request under the settings of a moment. */
type Answering = { readonly deps: AppDeps; readonly route: RequestListener };

const BOUNDS = { linger: LINGER_BOUNDS, connection: CONNECTION_BOUNDS };

/** verify → validate → enqueue → ack. */
export function buildApp(ingressDeps: IngressDeps, bounds: Partial<typeof BOUNDS> = {}): Ingress {
  const { logger, limits } = ingressDeps;
  const { linger, connection } = { ...BOUNDS, ...bounds };
  // One server for all generations: its connections outlive them.
  const server = openServer(limits, (request, response) => now.route(request, response));
  const connections = boundConnections({
    server,
    maxConnections: () => now.deps.limits.maxConnections,
    maxOwed: () => OWED_PER_ACTIVE * now.deps.limits.maxInFlight,
    bounds: connection,
    logger,
  });
  const inFlight = createInFlight(limits);
  const repeats = createRepeats({ logger, message: 'more callbacks were refused' });
  const lasting = { connections, inFlight, repeats, streaks: createRefusalStreaks(ingressDeps) };
  const deps: AppDeps = { ...ingressDeps, ...lasting };
  const answerMalformed = (error: Error, socket: Socket) =>
    connections.afterAnswers(socket, () => answerMalformedHttp(error, socket, now.deps));
  const app = buildGeneration(deps, server, answerMalformed);
  app.addHook('onClose', async () => repeats.flush());
  let now: Answering = { deps, route: (request, response) => app.routing(request, response) };
  lingerOnClose(app, linger);
  answerOddRequests(server, answerMalformed);

  async function prepare(next: IngressDeps): Promise<() => void> {
    const nextDeps: AppDeps = { ...next, ...lasting };
    const built = buildGeneration(nextDeps, createHttpServer(), answerMalformed);
    await built.ready();
    return () => {
      now = { deps: nextDeps, route: (request, response) => built.routing(request, response) };
      setTimeouts(server, next.limits);
      inFlight.resize(next.limits);
    };
  }

  return { app, notReadyReasons: () => [...inFlight.notReadyReasons(), ...connections.notReadyReasons()], prepare };
}

/** On a server that listens, or on one that never does. */
function buildGeneration(deps: AppDeps, server: Server, clientErrorHandler: (error: Error, socket: Socket) => void) {
  const app = Fastify({
    bodyLimit: deps.limits.bodyLimit,
    trustProxy: deps.trustProxy ?? false,
    serverFactory: () => server,
    // A restart refuses nobody: open connections are served while closing.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    clientErrorHandler,
    frameworkErrors: (error, request, reply) => void answerFailure(error, request, reply, deps),
  });
  keepRawBody(app);
  closeConnectionsWhenStopping(app, deps);
  app.setErrorHandler((error, request, reply) => answerFailure(error, request, reply, deps));
  app.setNotFoundHandler((request, reply) => answerUnknownPath(request, reply, deps));
  registerCallbackRoutes(app, deps);
  return app;
}

function openServer(limits: IngressDeps['limits'], listener: RequestListener): Server {
  const { headerLimit: maxHeaderSize, headersTimeout, requestTimeout } = limits;
  const server = createHttpServer(
    {
      // Node refuses a headersTimeout above requestTimeout.
      headersTimeout: Math.min(headersTimeout, requestTimeout),
      requestTimeout,
      maxHeaderSize,
      connectionsCheckingInterval: LOOK_FOR_SLOW_MS,
      requireHostHeader: false,
    },
    listener,
  );
  setTimeouts(server, limits);
  keepErrorListener(server);
  answerHalfClosed(server);
  return server;
}

function setTimeouts(server: Server, { headersTimeout, requestTimeout, keepAliveTimeout }: IngressDeps['limits']): void {
  server.headersTimeout = Math.min(headersTimeout, requestTimeout);
  server.requestTimeout = requestTimeout;
  server.keepAliveTimeout = keepAliveTimeout;
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
