import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { type PostgresPlace, readUrl, tlsOf } from './connect.ts';

/** A server that speaks TLS with us. */
export type PostgresTls = {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsOptions;
  /** MUST be sent before the handshake. Rejects if the server has no TLS. */
  readonly askForTls: (socket: Socket) => Promise<void>;
};

/** Undefined: the settings ask for no TLS, or it is a socket of this machine. @throws RingbackError RB_HISTORY_UNUSABLE for the URL */
export function postgresTls(place: PostgresPlace): PostgresTls | undefined {
  const { host, port, isTls } = readUrl(place.url.reveal());
  if ((!isTls && place.tls === undefined) || host.startsWith('/')) return undefined;
  return { host, port, tls: tlsOf(place.tls), askForTls };
}

/** SSLRequest: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

async function askForTls(socket: Socket): Promise<void> {
  socket.write(SSL_REQUEST);
  const [answer] = await once(socket, 'data');
  if (String(answer) !== 'S') throw Object.assign(new Error('no TLS'), { code: 'ERR_TLS_NOT_OFFERED' });
}
