import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/*
 * This file leans on the insides of Node 24.21.0: its `http.Server` closes a connection after the last answer
 * by `destroySoon` (lib/_http_server.js, `resOnFinish`), and gives up reading a socket for its parser once
 * another listener for `data` is there (`unconsume`). linger.test.ts fails when that changes.
 */

/**
 * How long (ms), and how much (bytes), is read and thrown away of what still comes after the last answer on a
 * connection.
 */
export type LingerBounds = { readonly ms: number; readonly bytes: number };

/**
 * Less time than a new connection may stay silent by default, so that nobody holds one longer by sending on;
 * and twice the largest `bodyLimit` that can be set, so that what is larger by mistake is answered as well.
 */
export const LINGER_BOUNDS: LingerBounds = { ms: 5000, bytes: 128 * 1024 * 1024 };

/**
 * Closes connections as RFC 9112, section 9.6 asks for: our side ends with the last answer, and the other is
 * read until it ends, too, or the bounds are reached. Closed at once with bytes unread, TCP sends a reset,
 * which throws the answer away where it was not read yet.
 */
export function lingerOnClose(app: Pick<FastifyInstance, 'server' | 'addHook'>, bounds: LingerBounds): void {
  const lingering = new Set<Socket>();
  let stopped = false;
  app.server.on('connection', (socket: Socket) => {
    const closeAtOnce = socket.destroySoon.bind(socket);
    socket.destroySoon = () => {
      if (stopped) return closeAtOnce();
      lingering.add(socket);
      socket.once('close', () => lingering.delete(socket));
      linger(socket, bounds);
    };
  });
  // A process that is to stop has given its senders the drain delay: it waits for none of them.
  app.addHook('preClose', (done) => {
    stopped = true;
    for (const socket of lingering) socket.destroy();
    done();
  });
}

function linger(socket: Socket, { ms, bytes }: LingerBounds): void {
  const timer = setTimeout(() => socket.destroy(), ms);
  socket.once('close', () => clearTimeout(timer));
  let left = bytes;
  // In the place of the HTTP parser: what comes after the last answer is no request any more.
  socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) socket.destroy();
  });
  socket.resume();
  socket.end();
}
