import type { Server } from 'node:http';
import { RingbackError } from '@ringback/contracts';
import type { FastifyInstance } from 'fastify';
import type { IngressDeps } from './ingress-deps.ts';
import { answerFailure } from './unrouted.ts';

/** Requests beyond `maxInFlight` are refused at once, before their body is read: what waits holds memory, and would be answered too late anyway. */
export function limitInFlight(app: Pick<FastifyInstance, 'addHook'>, deps: IngressDeps): void {
  const { maxInFlight } = deps.limits;
  let inFlight = 0;
  app.addHook('onRequest', (request, reply, done) => {
    inFlight += 1;
    // Also comes where the sender went away, so that every request is counted down once.
    reply.raw.once('close', () => (inFlight -= 1));
    if (inFlight <= maxInFlight) return done();
    const reason = `${maxInFlight} requests are under way (ingress.maxInFlight): send it again later`;
    answerFailure(new RingbackError('RB_OVERLOADED', reason), request, reply, deps);
  });
}

/** Connections beyond `maxConnections` are closed as they come. One line when that begins, not one for each. */
export function limitConnections(server: Server, { limits, logger }: IngressDeps): void {
  let dropping = false;
  server.maxConnections = limits.maxConnections;
  server.on('drop', () => {
    if (!dropping) logger.warn({ code: 'RB_OVERLOADED', maxConnections: limits.maxConnections }, 'connections are refused');
    dropping = true;
  });
  server.on('connection', () => (dropping = false));
}
