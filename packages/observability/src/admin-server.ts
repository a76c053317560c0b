import { RingbackError } from '@ringback/contracts';
import Fastify, { type FastifyInstance } from 'fastify';
import { keepErrorListener } from './socket-errors.ts';

export type AdminServerOptions = {
  readonly host: string;
  /** Absent: `defaultPort`, or a free one if that is taken (several workers on one machine). */
  readonly port: number | undefined;
  readonly defaultPort: number;
  /** As `<code>: <reason>`; empty if ready. MUST have a deadline of its own. */
  readonly notReadyReasons: () => Promise<readonly string[]>;
  /** Both pages show them. MUST answer at once: a hung Redis is no reason to kill this process. */
  readonly facts?: (() => Readonly<Record<string, number | string | readonly object[]>>) | undefined;
};

export type AdminServer = { readonly url: string; close(): Promise<void> };

/** Serves `/livez` and `/readyz` (200, or 503 with `reasons`). @throws RingbackError RB_PORT_TAKEN */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const app = Fastify({ logger: false });
  keepErrorListener(app.server);
  app.get('/livez', () => ({ status: 'live', ...options.facts?.() }));
  app.get('/readyz', async (_request, reply) => {
    const reasons = await options.notReadyReasons();
    const facts = options.facts?.();
    return reasons.length === 0
      ? { status: 'ready', ...facts }
      : reply.code(503).send({ status: 'not ready', reasons, ...facts });
  });
  const url = await listen(app, options);
  return { url, close: () => app.close() };
}

async function listen(app: FastifyInstance, { host, port, defaultPort }: AdminServerOptions): Promise<string> {
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
