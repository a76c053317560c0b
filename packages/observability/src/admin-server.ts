import { RingbackError } from '@ringback/contracts';
import Fastify, { type FastifyInstance } from 'fastify';
import { keepErrorListener } from './socket-errors.ts';

export type AdminServerOptions = {
  readonly host: string;
  /** What the operator asked for; absent: `defaultPort`, or any free one where that is taken (several workers on one machine). */
  readonly port: number | undefined;
  readonly defaultPort: number;
  /** What keeps the process from its work now, as `<code>: <reason>`; none: it is ready. MUST answer within a deadline of its own. */
  readonly notReadyReasons: () => Promise<readonly string[]>;
  /** What else `/readyz` tells. */
  readonly facts?: (() => Readonly<Record<string, number | string>>) | undefined;
};

export type AdminServer = { readonly url: string; close(): Promise<void> };

/**
 * Serves `/livez` (the process answers) and `/readyz` (it could do its work now: 200, else 503 with the `reasons`) on a port of its own, so that neither shares a port with the world.
 * @throws RingbackError RB_PORT_TAKEN
 */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const app = Fastify({ logger: false });
  keepErrorListener(app.server);
  app.get('/livez', () => ({ status: 'live' }));
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

/** True for the error of `listen` on a port that another process holds. */
export function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
