import { type Logger, RingbackError } from '@ringback/contracts';
import { refusal } from '../../apps/ingress/src/answer.ts';
import { buildApp } from '../../apps/ingress/src/app.ts';
import type { Random } from '../random.ts';
import { createCallbot } from './callbot.ts';
import { anyRequest, type FuzzRequest } from './request.ts';
import { problemOf } from './verdict.ts';

/** Returns the problem, if any. */
export type Trial = (random: Random) => string | undefined | Promise<string | undefined>;

/** A small body limit makes oversized inputs cheap. */
const LIMITS = {
  bodyLimit: 8 * 1024,
  headerLimit: 16 * 1024,
  maxInFlight: 1000,
  maxBytesInFlight: 64 * 1024 * 1024,
  maxConnections: 1000,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 75_000,
};
const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** verify, then read. */
export function receiveTrial(): Trial {
  const { source } = createCallbot();
  return (random) => {
    const { headers, body } = anyRequest(random);
    try {
      const callback = source.read(
        source.precheck({ method: 'POST', query: '', headers: distinct(headers), path: '/callbot', receivedAt: 0 })(body),
      );
      return callback.body === body.toString('utf8') ? undefined : 'the body is not what was sent';
    } catch (error) {
      const { status, body: answer } = refusal(error, source);
      return problemOf(status, answer);
    }
  };
}

function distinct(headers: FuzzRequest['headers']): Record<string, string[]> {
  const all: Record<string, string[]> = Object.create(null);
  for (const [name, value] of headers) (all[name.toLowerCase()] ??= []).push(value);
  return all;
}

/** The HTTP app without a network; sometimes Redis is away. */
export function injectTrial(): Trial {
  const producer = {
    enqueue: ({ id }: { id: string }) =>
      id.endsWith('7') ? Promise.reject(new RingbackError('RB_QUEUE_UNAVAILABLE', 'away')) : Promise.resolve(),
  };
  const quarantine = { keep: () => Promise.resolve(true) };
  const { signal: stopping } = new AbortController();
  const deps = { producer, quarantine, stopping, now: () => 0, logger: SILENT, limits: LIMITS };
  const { app } = buildApp({ sources: [createCallbot().source], ...deps });
  // `inject` lacks this property of Node's requests. Inputs come one at a time.
  let headersDistinct: Record<string, string[]> = {};
  app.addHook('onRequest', (request, _reply, done) => {
    Object.assign(request.raw, { headersDistinct });
    done();
  });
  return async (random) => {
    const { method, path, headers, body } = anyRequest(random);
    headersDistinct = distinct(headers);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- any method is what is tried here
    const response = await app.inject({ method: method as 'POST', url: path, headers: headersDistinct, payload: body });
    return problemOf(response.statusCode, response.payload);
  };
}
