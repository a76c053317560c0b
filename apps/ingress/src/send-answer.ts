import type { FastifyReply } from 'fastify';
import type { Answer } from './answer.ts';

/** Says it as it is: nothing of ours is serialised again. */
export function sendAnswer(reply: FastifyReply, { status, headers, contentType, body }: Answer): FastifyReply {
  return reply.code(status).headers(headers).header('content-type', contentType).send(body);
}
