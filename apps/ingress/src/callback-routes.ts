import type { Callback, Source } from '@ringback/contracts';
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
import { report } from './report.ts';

type TypedApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** POST on every path of every source. */
export function registerCallbackRoutes(app: TypedApp, deps: IngressDeps): void {
  for (const source of deps.sources) {
    for (const path of source.paths) {
      app.post(
        path,
        { schema: { response: { '2xx': AnswerBody, '4xx': AnswerBody, '5xx': AnswerBody } } },
        async (request, reply) => {
          const answer = await takeCallback({ request, source, path, deps });
          return reply.code(answer.status).headers(answer.headers).send(answer.body);
        },
      );
    }
  }
}

type Arrival = { request: FastifyRequest; source: Source; path: string; deps: IngressDeps };

/** The whole way of a callback through the ingress, with its one log line. */
async function takeCallback({ request, source, path, deps }: Arrival): Promise<Answer> {
  const receivedAt = deps.now();
  let callback: Callback | undefined;
  let answer: Answer;
  let error: unknown;
  try {
    callback = source.receive({ headers: request.raw.headersDistinct, body: bodyOf(request), path, receivedAt });
    await deps.producer.enqueue(callback);
    answer = ack();
  } catch (caught) {
    error = caught;
    answer = refusal(caught);
  }
  const ms = deps.now() - receivedAt;
  report({ logger: deps.logger, answer, error, fields: { source: source.name, path, ...identity(callback), ms } });
  return answer;
}

/** The parser hands every body over as it came; a request without one has none. */
function bodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

function identity(callback: Callback | undefined): object {
  return callback ? { account: callback.account, requestID: callback.id, type: callback.type, bytes: callback.body.length } : {};
}
