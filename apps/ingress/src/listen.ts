import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { type Logger, RingbackError } from '@ringback/contracts';
import { isPortTaken } from '@ringback/observability';
import type { FastifyInstance } from 'fastify';

export type ListenOptions = {
  readonly host: string;
  readonly port: number;
  readonly logger: Pick<Logger, 'warn'>;
  /** All addresses of a name. */
  readonly addressesOf?: (name: string) => Promise<readonly string[]>;
};

/** As Node's `http.Server` has them. */
const SOCKETS = { allowHalfOpen: true, noDelay: true } as const;

const everyAddress = async (name: string) => (await lookup(name, { all: true })).map(({ address }) => address);

/**
 * Listens at `host`; of `localhost` at each address, since clients choose any. Resolves to the URL.
 * @throws RingbackError RB_PORT_TAKEN
 */
export async function listen(app: FastifyInstance, { host, port, logger, addressesOf = everyAddress }: ListenOptions) {
  // Fastify would have a second server made for `localhost`, and ours is one for all generations.
  const [first = host, ...others] = host === 'localhost' ? [...new Set(await addressesOf(host))] : [host];
  const beside: Server[] = [];
  app.addHook('preClose', async () => {
    await Promise.all(beside.map((server) => new Promise((resolve) => server.close(resolve))));
  });
  try {
    const url = await app.listen({ host: first, port });
    for (const address of others) beside.push(...(await listenBeside(app, address, logger)));
    return url;
  } catch (cause) {
    if (!isPortTaken(cause)) throw cause;
    const message = `port ${port} is in use: set another ingress.port, or stop what listens there`;
    throw new RingbackError('RB_PORT_TAKEN', message, { cause });
  }
}

/** At a further address with the same port. Connections go to the app's server. */
async function listenBeside({ server }: FastifyInstance, host: string, logger: Pick<Logger, 'warn'>): Promise<Server[]> {
  const bound = server.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
  const other = createServer(SOCKETS, (socket: Socket) => void server.emit('connection', socket));
  try {
    other.listen({ host, port });
    await once(other, 'listening');
    return [other];
  } catch (err) {
    // A machine may know ::1 and have no IPv6.
    if (isPortTaken(err))
      logger.warn({ code: 'RB_PORT_TAKEN', url: urlOf(host, port) }, 'not listening at one address of localhost');
    return [];
  }
}

const urlOf = (host: string, port: number) => `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
