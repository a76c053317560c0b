import type { Server, Socket } from 'node:net';
import { type Logger, RingbackError } from '@ringback/contracts';
import Fastify, { type FastifyInstance } from 'fastify';
import { type AdminAccess, warnOfOpenAdmin } from './admin-access.ts';
import { createTokenCheck } from './bearer-token.ts';
import type { Metrics } from './metrics/metrics.ts';
import { keepErrorListener } from './socket-errors.ts';

export type AdminServerOptions = {
  readonly adminHost: string;
  /** Absent: `defaultPort`, or a free one if that is taken (several workers on one machine). */
  readonly adminPort?: number | undefined;
  readonly defaultPort: number;
  /** As `<code>: <reason>`; empty if ready. MUST have a deadline of its own. */
  readonly notReadyReasons: () => Promise<readonly string[]>;
  /** Both pages show them. MUST answer at once: a hung Redis is no reason to kill this process. */
  readonly facts?: (() => Readonly<Record<string, number | string | readonly object[]>>) | undefined;
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
  readonly logger: Logger;
} & AdminAccess;

/** Probes and scrapers need few. They MUST NOT take the files that callbacks need. */
const MOST_CONNECTIONS = 64;
/** ms. For a TLS handshake, and for a whole request: it has no body. Node looks at requests every 30 s. */
const ARRIVES_WITHIN_MS = 5000;

export type AdminServer = { readonly url: string; close(): Promise<void> };

/**
 * Serves `/livez` and `/readyz` (200, or 503 with `reasons`), and `/metrics`. Nothing here changes state.
 * @throws RingbackError RB_PORT_TAKEN, or RB_CONFIG_INVALID: `adminTls` cannot be used
 */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  warnOfOpenAdmin(options);
  const app = openApp(options);
  keepErrorListener(app.server);
  const connections = trackConnections(app.server);
  Object.assign(app.server, { maxConnections: MOST_CONNECTIONS, headersTimeout: ARRIVES_WITHIN_MS });
  app.get('/livez', () => ({ status: 'live', ...options.facts?.() }));
  app.get('/readyz', async (_request, reply) => {
    const reasons = await options.notReadyReasons();
    const facts = options.facts?.();
    return reasons.length === 0
      ? { status: 'ready', ...facts }
      : reply.code(503).send({ status: 'not ready', reasons, ...facts });
  });
  const { contentType, text } = options.metrics;
  const refusalOf = createGuard(options);
  app.get('/metrics', async ({ headers, raw }, reply) => {
    const reason = refusalOf(headers, raw.socket);
    if (reason !== undefined) return reply.code(401).header('www-authenticate', 'Bearer').send({ status: 'refused', reason });
    return reply.type(contentType).send(await text());
  });
  const url = await listen(app, options);
  return {
    url,
    async close() {
      const closed = app.close();
      // Whoever holds a connection here MUST NOT hold up the end of the process.
      connections.cut();
      await closed;
    },
  };
}

/** Node's `closeAllConnections` leaves those open whose TLS handshake is under way. */
function trackConnections(server: Server) {
  const open = new Set<Socket>();
  let isCut = false;
  server.on('connection', (socket: Socket) => {
    // The server stops listening a little later.
    if (isCut) return void socket.destroy();
    open.add(socket);
    return void socket.once('close', () => open.delete(socket));
  });
  return {
    cut() {
      isCut = true;
      for (const socket of open) socket.destroy();
    },
  };
}

function openApp({ adminTls }: AdminAccess) {
  try {
    // Of `localhost` Fastify makes a second server, which it closes by itself.
    const bounds = { forceCloseConnections: true, requestTimeout: ARRIVES_WITHIN_MS };
    return Fastify({ logger: false, ...bounds, https: adminTls ? httpsOf(adminTls) : null });
  } catch (cause) {
    throw new RingbackError('RB_CONFIG_INVALID', 'adminTls: cert, key or ca is no PEM, or cert and key do not fit', { cause });
  }
}

/** Probes have no certificate. So one is asked for, and looked at where it counts. */
function httpsOf({ cert, key, ca }: NonNullable<AdminAccess['adminTls']>) {
  const own = { cert: cert.reveal(), key: key.reveal(), ca: ca.reveal() };
  return { ...own, requestCert: true, rejectUnauthorized: false, handshakeTimeout: ARRIVES_WITHIN_MS };
}

type Headers = { readonly authorization?: string | undefined };

/** What a reader lacks, in words. Undefined: nothing. */
function createGuard({ adminToken, adminTls }: AdminAccess): (headers: Headers, socket: object) => string | undefined {
  const hasToken = adminToken && createTokenCheck(adminToken);
  return ({ authorization }, socket) => {
    const isKnown = adminTls === undefined || ('authorized' in socket && socket.authorized === true);
    if (!isKnown) return 'this page needs a client certificate that adminTls.ca has signed';
    if (hasToken?.(authorization) ?? true) return undefined;
    return 'this page needs the token of adminToken, as Authorization: Bearer';
  };
}

async function listen(
  app: Pick<FastifyInstance, 'listen'>,
  { adminHost: host, adminPort: port, defaultPort }: AdminServerOptions,
): Promise<string> {
  try {
    return await app.listen({ host, port: port ?? defaultPort });
  } catch (error) {
    if (!isPortTaken(error)) throw error;
    if (port === undefined) return app.listen({ host, port: 0 });
    throw new RingbackError('RB_PORT_TAKEN', `admin port ${port} is in use: set another adminPort, or none for any free one`, {
      cause: error,
    });
  }
}

export function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
