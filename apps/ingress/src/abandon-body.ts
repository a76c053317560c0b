import type { IncomingMessage } from 'node:http';

/*
 * This file leans on the insides of Fastify 5.12.8: it reads a body by listeners for these events on Node's
 * request (lib/content-type-parser.js, `rawBody`). abandon-body.test.ts fails when that changes.
 */
const READ_BY = ['data', 'end', 'error'];

export function abandonBody(request: IncomingMessage): void {
  for (const event of READ_BY) request.removeAllListeners(event);
  request.resume();
}
