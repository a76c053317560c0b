import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/*
 * This file leans on the insides of Node 24.21.0: its `http.Server` closes a connection after the last answer
 * by `destroySoon` (lib/_http_server.js, `resOnFinish`), and gives up reading a socket for its parser once
 * another listener for `data` is there (`unconsume`). linger.test.ts fails when that changes.
 */

export type LingerBounds = { readonly ms: number; readonly bytes: number };

/**
 * Less than the limit for silent connections. Twice the largest `bodyLimit`: an oversized body gets its
 * answer.
 */
export const LINGER_BOUNDS: LingerBounds = { ms: 5000, bytes: 128 * 1024 * 1024 };

/**
 * RFC 9112, 9.6: half-close, then discard input until the client closes or a bound is reached. Closing with
 * unread bytes sends a reset, and the client may lose the answer.
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
  // Clients had the drain delay.
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
  // Replaces the HTTP parser: bytes after the last answer are no request.
  socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) socket.destroy();
  });
  socket.resume();
  socket.end();
}
