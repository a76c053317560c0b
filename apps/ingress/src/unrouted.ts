import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, refusal } from './answer.ts';
import type { AppDeps } from './ingress-deps.ts';
import { asRingbackError, HttpRefusal, malformedHttp, methodRefused } from './error-table.ts';
import { report } from './report.ts';
import { sendAnswer } from './send-answer.ts';

const MAX_LOGGED_PATH = 200;

export function answerUnknownPath(request: FastifyRequest, reply: FastifyReply, deps: AppDeps): FastifyReply {
  const path = pathOf(request);
  const source = deps.sources.find(({ paths }) => paths.includes(path));
  const refused = source
    ? methodRefused(source)
    : new HttpRefusal('RB_PATH_UNKNOWN', `no source takes callbacks here: ${whereToPost(deps)}`, { status: 404 });
  return answerFailure(refused, request, reply, deps);
}

function whereToPost({ sources }: AppDeps): string {
  return sources.map((source) => `${source.methods.join(' or ')} to ${source.paths.join(', ')}`).join('; ');
}

function pathOf({ url }: FastifyRequest): string {
  const [path = ''] = url.split('?', 1);
  return path;
}

export function answerFailure(failure: unknown, request: FastifyRequest, reply: FastifyReply, deps: AppDeps): FastifyReply {
  request.arrival?.entry.done();
  const error = asRingbackError(failure, deps.limits);
  const answer = refusal(error, request.source);
  const fields = { method: request.method, path: pathOf(request).slice(0, MAX_LOGGED_PATH) };
  // A malformed or late body was answered by `answerMalformedHttp`.
  if (!request.raw.socket.writableEnded) {
    const { name: source } = request.source ?? {};
    const span = source && deps.traces?.refused({ request, source, path: fields.path, ...request.arrival });
    report({ ...deps, source, answer, error, span: span || undefined, fields });
  }
  return sendAnswer(reply, answer);
}

/** Closes the socket. */
export function answerMalformedHttp(failure: Error, socket: Socket, deps: AppDeps): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const error = malformedHttp(failure);
  const answer = refusal(error);
  report({ ...deps, answer, error, fields: {} });
  socket.write(toHttp(answer));
  socket.destroySoon();
}

function toHttp({ status, contentType, body }: Answer): string {
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
