import type { Server } from 'node:http';

/*
 * This file leans on the insides of Node 24.21.0: `httpAllowHalfOpen` of `http.Server` (lib/_http_server.js,
 * `socketOnEnd`), which its types do not know. half-open.test.ts fails when that changes.
 */

/**
 * A client that sends FIN after its request still gets the answer. A truncated request is still malformed.
 */
export function answerHalfClosed(server: Server): void {
  Object.assign(server, { httpAllowHalfOpen: true });
}
