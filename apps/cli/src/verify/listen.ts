import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { type HttpReply, RingbackError, type Source } from '@ringback/contracts';
import { plainAnswer } from '@ringback/sources';
import { serveOnLoopback } from '../terminal/loopback-server.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { splitTarget } from './capture.ts';
import { tellVerdict, type Verdict, verifyInSteps } from './verify.ts';

export type VerifyListenOptions = {
  readonly sources: readonly Source[];
  readonly port: number;
  /** Bytes. */
  readonly bodyLimit: number;
  readonly json: boolean;
  readonly stop: AbortSignal;
  readonly terminal: Terminal;
};

/** Stands in for the ingress: verifies, prints and answers; queues nothing. @throws RingbackError RB_PORT_TAKEN */
export async function verifyWhatComes({ port, stop, terminal, ...options }: VerifyListenOptions): Promise<void> {
  const server = createServer((request, response) => {
    void answer({ ...options, request, response, terminal }).catch((error: unknown) => {
      terminal.err(`${request.method} refused: ${error instanceof RingbackError ? error.message : 'the request broke off'}`);
      response.destroy();
    });
  });
  await serveOnLoopback(server, {
    port,
    stop,
    ifTaken: 'stop the ingress, or name another one (verify --listen <port>)',
    onUp: (url) => terminal.out(`verifying at ${url}; nothing is queued (Ctrl-C ends it)`),
  });
}

type Exchange = Pick<VerifyListenOptions, 'sources' | 'bodyLimit' | 'json' | 'terminal'> & {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
};

async function answer({ request, response, sources, bodyLimit, json, terminal }: Exchange): Promise<void> {
  const { method = 'GET', url = '/', headersDistinct: headers } = request;
  const body = await readBody(request, bodyLimit);
  const now = Date.now();
  const head = { method, ...splitTarget(url), headers };
  const source = sources.find(({ paths }) => paths.includes(head.path));
  const greeting = source?.greet?.({ ...head, receivedAt: now });
  if (greeting) {
    terminal.out(`${method} ${head.path}: handshake answered`);
    return reply(response, greeting);
  }
  const verdict = await inTurns(verifyInSteps({ sources, capture: { ...head, body }, now }));
  if (json) terminal.out(JSON.stringify({ method, path: head.path, bytes: body.length, ...verdict }));
  else {
    terminal.out(`${method} ${head.path}, ${body.length} bytes${source ? '' : ': no source has this path'}`);
    for (const line of tellVerdict(verdict)) terminal.out(line);
  }
  reply(response, replyTo(verdict, source ?? sources.find(({ name }) => name === verdict.source)));
}

/** A step per turn of the event loop: other requests are answered meanwhile. */
async function inTurns(steps: Generator<void, Verdict>): Promise<Verdict> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await setImmediate();
  }
}

async function readBody(request: IncomingMessage, bodyLimit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    if (!Buffer.isBuffer(part)) continue;
    bytes += part.length;
    if (bytes > bodyLimit) throw new RingbackError('RB_BODY_TOO_LARGE', `the body is larger than ${bodyLimit} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function replyTo({ reasons: [reason] }: Verdict, source: Source | undefined): HttpReply {
  const answers: Pick<Source, 'answer'> = source ?? { answer: plainAnswer };
  const responseID = randomUUID();
  if (!reason) return answers.answer({ kind: 'acked', responseID });
  const code = 'RB_SIGN_MISMATCH';
  return answers.answer({ kind: 'refused', code, status: 401, message: `${code}: ${reason.code}`, responseID });
}

function reply(response: ServerResponse, { status, contentType, headers, body }: HttpReply): void {
  response.writeHead(status, { 'content-type': contentType, ...headers }).end(body);
}
