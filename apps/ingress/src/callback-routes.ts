import type { Callback, Source, VerifiedRequest } from '@ringback/contracts';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import { ack, type Answer, AnswerBody, refusal } from './answer.ts';
import type { IngressDeps } from './ingress-deps.ts';
import { readOrKeep, type Unfit } from './read-or-keep.ts';
import { report } from './report.ts';

type TypedApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a request whose headers rule nothing out. */
    arrival?: Arrival;
  }
}

type Arrival = { readonly receivedAt: number; readonly verify: (body: Buffer) => VerifiedRequest };

/** POST on every path of every source. */
export function registerCallbackRoutes(app: TypedApp, deps: IngressDeps): void {
  app.decorateRequest('arrival');
  for (const source of deps.sources) {
    for (const path of source.paths) {
      app.post(
        path,
        {
          schema: { response: { '2xx': AnswerBody, '4xx': AnswerBody, '5xx': AnswerBody } },
          onRequest: (request, reply, done) => {
            const refused = precheck({ request, source, path, deps });
            if (!refused) return done();
            // Its body is not wanted: the connection ends with this answer, and what still comes is thrown away.
            reply.code(refused.status).headers(refused.headers).header('connection', 'close').send(refused.body);
          },
        },
        async (request, reply) => {
          const answer = await takeCallback({ request, source, path, deps });
          return reply.code(answer.status).headers(answer.headers).send(answer.body);
        },
      );
    }
  }
}

type Step = { request: FastifyRequest; source: Source; path: string; deps: IngressDeps };

/** Judges a request by its headers, before anything of its body is read. Undefined: they rule nothing out. */
function precheck({ request, source, path, deps }: Step): Answer | undefined {
  const receivedAt = deps.now();
  try {
    request.arrival = { receivedAt, verify: source.precheck({ headers: request.raw.headersDistinct, path, receivedAt }) };
    return undefined;
  } catch (error) {
    const answer = refusal(error);
    report({ logger: deps.logger, answer, error, fields: { source: source.name, path } });
    return answer;
  }
}

/** The whole way of a callback through the ingress once its body is there, with its one log line. */
async function takeCallback({ request, source, path, deps }: Step): Promise<Answer> {
  const startedAt = deps.now();
  let verified: VerifiedRequest | undefined;
  let read: Callback | Unfit | undefined;
  let answer: Answer;
  let error: unknown;
  try {
    if (!request.arrival) throw new Error('a body without a head');
    verified = request.arrival.verify(bodyOf(request));
    read = await readOrKeep({ source, verified, quarantine: deps.quarantine });
    if ('unfit' in read) throw read.unfit;
    await deps.producer.enqueue(read);
    answer = ack();
  } catch (caught) {
    error = caught;
    answer = refusal(caught);
  }
  const ms = deps.now() - startedAt;
  report({
    logger: deps.logger,
    answer,
    error,
    fields: { source: source.name, path, ...identity(verified), ...facts(read), ms },
  });
  return answer;
}

/** The parser hands every body over as it came; a request without one has none. */
function bodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

function identity(verified: VerifiedRequest | undefined): object {
  return verified ? { account: verified.account, requestID: verified.id, bytes: verified.body.length } : {};
}

function facts(read: Callback | Unfit | undefined): object {
  if (!read) return {};
  return 'unfit' in read ? { quarantined: read.quarantined } : { type: read.type };
}
