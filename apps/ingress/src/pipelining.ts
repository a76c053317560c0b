import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/*
 * This file leans on the insides of Node 24.21.0, and 26 is the same: a socket's `parser` and its
 * `onIncoming` (lib/_http_server.js, lib/_http_common.js). connections.test.ts ("requests that come in one
 * go") fails when they change.
 */

/** Called with each request's head. A return value of 2 stops parsing the chunk. */
type HttpParser = { onIncoming?: ((request: IncomingMessage, keepAlive: boolean) => number) | null };

const PARSE_NO_FURTHER = 2;

/**
 * One chunk can hold thousands of requests. Call in a `connection` listener. @returns false if this Node has
 * no such parser
 */
export function ignoreRequestsWhile(socket: Socket, isOver: () => boolean): boolean {
  const { parser } = socket as Socket & { parser?: HttpParser };
  const onIncoming = parser?.onIncoming;
  if (!parser || typeof onIncoming !== 'function') return false;
  parser.onIncoming = (request, keepAlive) => {
    if (!isOver()) return onIncoming(request, keepAlive);
    // Else Node would treat it as an upgrade.
    Object.assign(request, { upgrade: false });
    return PARSE_NO_FURTHER;
  };
  return true;
}
