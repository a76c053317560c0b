import type { RingbackError } from '@ringback/contracts';
import { type Callback, type HttpReply, type RequestHead, type Source, type VerifiedRequest } from '@ringback/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { abandonBody } from './abandon-body.ts';
import { ack, type Answer, greeting, refusal } from './answer.ts';
import { bodyTooLarge, methodRefused } from './error-table.ts';
import type { Entry } from './in-flight.ts';
import type { AppDeps } from './ingress-deps.ts';
import { refusalFacts } from './refusal-facts.ts';
import { readOrKeep, type Unfit } from './read-or-keep.ts';
import { refuseStranger } from './refuse-stranger.ts';
import { report } from './report.ts';
import type { TracedRequest } from './request-traces.ts';
import { sendAnswer } from './send-answer.ts';
import { answerFailure } from './unrouted.ts';

declare module 'fastify' {
  interface FastifyRequest {
    source?: Source;
    arrival?: Arrival;
  }
}

type Arrival = {
  readonly verify: (body: Buffer) => VerifiedRequest;
  readonly entry: Entry;
  /** By `performance.now()`. Only with `tracing`. */
  readonly startedAt?: number | undefined;
};

export function registerCallbackRoutes(app: Pick<FastifyInstance, 'decorateRequest' | 'route'>, deps: AppDeps): void {
  app.decorateRequest('source');
  app.decorateRequest('arrival');
  for (const source of deps.sources) {
    for (const path of source.paths) {
      app.route({
        method: [...source.methods, ...(source.greetMethods ?? [])],
        url: path,
        onRequest: (request, reply, done) => {
          request.source = source;
          const answer = begin({ request, reply, source, path, deps });
          if (!answer) return done();
          // A large unread body: the connection closes after the answer.
          if (mayBeLarge(request)) closeAfter(request, reply, deps);
          sendAnswer(reply, answer);
        },
        handler: async (request, reply) => sendAnswer(reply, await takeCallback({ request, source, path, deps })),
      });
    }
  }
}

type Step = { request: FastifyRequest; source: Source; path: string; deps: AppDeps };

/** Before the body is read. */
function begin({ request, reply, source, path, deps }: Step & { reply: FastifyReply }): Answer | undefined {
  const head = headOf(request, path, deps.now());
  try {
    refuseStranger({ source: source.name, request, allowFrom: deps.allowFrom });
    const greeted = source.greet?.(head);
    if (greeted) return greet({ ...deps, reply: greeted, fields: { source: source.name, path, from: request.ip } });
    if (!source.methods.includes(head.method)) throw methodRefused(source);
    const verify = source.precheck(head);
    const bytes = announcedBytes(request, deps.limits);
    const entry = deps.inFlight.begin({ bytes, giveUp: (reason) => giveUp({ reason, request, reply, deps }) });
    request.arrival = { verify, entry, startedAt: deps.traces && performance.now() };
    // Emitted once, so the slower `once` is not needed.
    reply.raw.on('close', entry.done);
    if (wantsContinue(request)) reply.raw.writeContinue();
    return undefined;
  } catch (error) {
    const answer = refusal(error, source);
    const bytes = request.headers['content-length'];
    const sender = answer.status < 500 ? noteRefusal({ request, source, head, error, bytes, deps }) : {};
    const span = deps.traces?.refused({ request, source: source.name, path });
    report({ ...deps, answer, error, span, fields: { source: source.name, path, ...sender } });
    return answer;
  }
}

type Refused = Omit<Step, 'path'> & { head: RequestHead; error: unknown; bytes: number | string | undefined; body?: Buffer };

/** Returns the facts for the log. */
function noteRefusal({ deps, ...refused }: Refused): object {
  const told = refusalFacts({ ...refused, trustProxy: deps.trustProxy });
  const { account } = told;
  deps.streaks.refused({ ...refused, account: account === undefined ? undefined : String(account), body: refused.body });
  return told;
}

function headOf({ raw, method, url }: FastifyRequest, path: string, receivedAt: number): RequestHead {
  const at = url.indexOf('?');
  return { method, path, query: at < 0 ? '' : url.slice(at + 1), headers: raw.headersDistinct, receivedAt };
}

type Greeted = Pick<AppDeps, 'logger' | 'count'> & { readonly reply: HttpReply; readonly fields: object };

function greet({ logger, count, reply, fields }: Greeted): Answer {
  const answer = greeting(reply);
  report({ logger, count, answer, fields, handshake: true });
  return answer;
}

/** As Node's. */
function wantsContinue({ headers, raw }: FastifyRequest): boolean {
  return headers.expect !== undefined && raw.httpVersion === '1.1' && /(?:^|\W)100-continue(?:$|\W)/i.test(headers.expect);
}

const MUCH_BYTES = 64 * 1024;

function mayBeLarge({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > MUCH_BYTES;
}

function closeAfter({ raw }: FastifyRequest, reply: FastifyReply, { connections }: AppDeps): void {
  connections.isLast(raw.socket);
  reply.header('connection', 'close');
}

/** @throws RingbackError RB_BODY_TOO_LARGE */
function announcedBytes({ headers }: FastifyRequest, { bodyLimit }: AppDeps['limits']): number {
  const bytes = headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : bodyLimit;
  if (bytes > bodyLimit) throw bodyTooLarge(bodyLimit);
  return bytes;
}

type GivenUp = { reason: RingbackError; request: FastifyRequest; reply: FastifyReply; deps: AppDeps };

function giveUp({ reason, request, reply, deps }: GivenUp): void {
  closeAfter(request, reply, deps);
  abandonBody(request.raw);
  void answerFailure(reason, request, reply, deps);
}

async function takeCallback({ request, source, path, deps }: Step): Promise<Answer> {
  const startedAt = performance.now();
  const received = { request, source: source.name, path, startedAt: request.arrival?.startedAt };
  let verified: VerifiedRequest | undefined;
  let read: Callback | Unfit | undefined;
  let traced: TracedRequest | undefined;
  let answer: Answer;
  let error: unknown;
  try {
    if (!request.arrival) throw new Error('a body without a head');
    const body = bodyOf(request);
    verified = request.arrival.verify(body);
    deps.streaks.accepted(source.name, verified.account);
    request.arrival.entry.verified(body.length);
    const reply = source.greetVerified?.(verified);
    if (reply) {
      request.arrival.entry.done();
      return greet({
        ...deps,
        reply,
        fields: { source: source.name, path, from: request.ip, ...identity(verified) },
      });
    }
    traced = deps.traces?.verified({ ...received, verified });
    read = await readOrKeep({ source, verified, quarantine: deps.quarantine });
    if ('unfit' in read) throw read.unfit;
    await deps.producer.enqueue(traced?.headers ? { ...read, ...traced.headers } : read);
    answer = ack(source);
  } catch (caught) {
    error = caught;
    answer = refusal(caught, source);
  }
  request.arrival?.entry.done();
  const who = verified ? identity(verified) : whoSent({ request, source, path, deps, error });
  const span = traced ? traced.span : deps.traces?.refused(received);
  const { logger, refused, repeats, count } = deps;
  const fields = { source: source.name, path, ...who, ...facts(read), ms: Math.round(performance.now() - startedAt) };
  report({ logger, refused, repeats, count, answer, error, span, fields });
  return answer;
}

function bodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

function identity({ account, id, body }: VerifiedRequest): object {
  return { account, requestID: id, bytes: body.length };
}

function whoSent({ path, ...step }: Step & { error: unknown }): object {
  const { request, deps } = step;
  const body = bodyOf(request);
  return noteRefusal({ ...step, head: headOf(request, path, deps.now()), bytes: body.length, body });
}

function facts(read: Callback | Unfit | undefined): object {
  if (!read) return {};
  return 'unfit' in read ? { quarantined: read.quarantined } : { type: read.type };
}
