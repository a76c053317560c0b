import type { Socket } from 'node:net';
import { RingbackError } from '@ringback/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, refusal } from './answer.ts';
import type { IngressDeps } from './ingress-deps.ts';
import { asRingbackError } from './error-table.ts';
import { report } from './report.ts';

const MAX_LOGGED_PATH = 200;

/** Answers a request for which there is no route. */
export function answerUnknownPath(request: FastifyRequest, reply: FastifyReply, deps: IngressDeps): FastifyReply {
  const paths = deps.sources.flatMap((source) => source.paths).join(', ');
  return answerFailure(new RingbackError('RB_PATH_UNKNOWN', `POST callbacks to one of ${paths}`), request, reply, deps);
}

/** Answers a request that failed outside our handler: refused by Fastify, or a bug. */
export function answerFailure(failure: unknown, request: FastifyRequest, reply: FastifyReply, deps: IngressDeps): FastifyReply {
  request.arrival?.entry.done();
  const error = asRingbackError(failure, deps.limits);
  const answer = refusal(error);
  const [path = ''] = request.url.split('?', 1);
  const fields = { method: request.method, path: path.slice(0, MAX_LOGGED_PATH) };
  // Where its body was malformed or late, `answerMalformedHttp` has answered and said so; what then ends here is no second request.
  if (!request.raw.socket.writableEnded) report({ logger: deps.logger, answer, error, fields });
  return reply
    .code(answer.status)
    .headers(answer.headers)
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(answer.body);
}

/** Answers bytes that Node could not read as HTTP, on the bare socket, and closes it. */
export function answerMalformedHttp(failure: Error, socket: Socket, deps: IngressDeps): void {
  // Its sender is gone, or it was answered before and this is about the rest of it.
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const code = 'code' in failure ? String(failure.code) : failure.message;
  const error = new RingbackError('RB_HTTP_MALFORMED', `not a request that can be read (${code})`, { cause: failure });
  const answer = refusal(error);
  report({ logger: deps.logger, answer, error, fields: {} });
  socket.write(toHttp(answer));
  socket.destroySoon();
}

function toHttp({ status, body }: Answer): string {
  const json = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} Bad Request`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(json)}`,
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${json}`;
}
