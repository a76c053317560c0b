import type { DeliveryResult, HttpAnswer, HttpClient, HttpRequest, OutputDeps } from '@ringback/contracts';
import { Agent, type Dispatcher } from 'undici';
import manifest from '../package.json' with { type: 'json' };
import { failureReason } from './failure.ts';
import { keptAnswer } from './kept-answer.ts';
import { toDeliveryResult } from './retry-table.ts';

/** Nobody needs more of an answer than this, in bytes; what follows is not downloaded. */
const MAX_ANSWER_BYTES = 64 * 1024;

const USER_AGENT = `ringback/${manifest.version}`;

/**
 * The one place that makes outbound requests: keep-alive, HTTP/1.1, no redirects, answers read to 64 KiB.
 * `post` rejects when there was no complete answer, the signal's abort included; `failureReason` tells what a rejection means.
 * MUST be closed only after the attempts that use it have ended: what is still open then is cut off.
 */
export function createHttpClient(): HttpClient {
  // But for undici's 10 s to connect, the attempt's signal is the one deadline. HTTP/2 would let one lost connection fail many attempts at once.
  const agent = new Agent({ allowH2: false, headersTimeout: 0, bodyTimeout: 0 });
  return { post: (request) => post(agent, request), close: () => agent.destroy() };
}

/** By undici's `dispatch`, the ground that its `request` stands on: reading the answer without a stream around it takes a good part less. */
function post(agent: Agent, { url, headers, body, signal }: HttpRequest): Promise<HttpAnswer> {
  const { origin, pathname, search } = new URL(url);
  return new Promise<HttpAnswer>((resolve, reject) => {
    signal.throwIfAborted();
    const exchange = readAnswer({ signal, resolve, reject });
    const path = pathname + search;
    agent.dispatch({ origin, path, method: 'POST', headers: { 'user-agent': USER_AGENT, ...headers }, body }, exchange);
  });
}

type Settle = {
  readonly signal: AbortSignal;
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (error: unknown) => void;
};

/** Reads one answer, to its end or to `MAX_ANSWER_BYTES`; leaving it early closes the connection, reading to the end keeps it for the next request. */
function readAnswer({ signal, resolve, reject }: Settle): Dispatcher.DispatchHandler {
  const chunks: Buffer[] = [];
  let size = 0;
  let head = { status: 0, headers: {} };
  let exchange: Dispatcher.DispatchController | undefined;

  // Heard from the start: a connect that hangs MUST NOT outlive the attempt.
  const onAbort = () => {
    reject(signal.reason);
    exchange?.abort(new Error('aborted'));
  };
  signal.addEventListener('abort', onAbort, { once: true });

  function answered(): void {
    signal.removeEventListener('abort', onAbort);
    resolve({ ...head, text: Buffer.concat(chunks).toString('utf8', 0, MAX_ANSWER_BYTES) });
  }

  return {
    onRequestStart(controller) {
      exchange = controller;
      if (signal.aborted) onAbort();
    },
    // Comes for each 1xx as well; the last one counts.
    onResponseStart: (_controller, status, headers) => void (head = { status, headers }),
    onResponseData(controller, chunk) {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= MAX_ANSWER_BYTES) return;
      answered();
      controller.abort(new Error('longer than anybody needs'));
    },
    onResponseEnd: answered,
    onResponseError(_controller, error) {
      signal.removeEventListener('abort', onAbort);
      reject(error);
    },
  };
}

export type PostOptions = HttpRequest & {
  /** What the answer says about itself, to stand in the reason of a failure. MUST hold no secret and no personal data. */
  readonly explain?: (answer: HttpAnswer) => string | undefined;
  /** How long to wait before the next attempt, in ms, if the answer's body says so. Undefined: Retry-After decides. */
  readonly askedMs?: (answer: HttpAnswer) => number | undefined;
};

/** One attempt over HTTP, from request to outcome: all that an HTTP output does once its request is written. Never rejects. */
export async function postDelivery(deps: Pick<OutputDeps, 'http' | 'now'>, options: PostOptions): Promise<DeliveryResult> {
  const { explain, askedMs, ...request } = options;
  try {
    const answer = await deps.http.post(request);
    const result = toDeliveryResult(answer, { now: deps.now(), detail: explain?.(answer), askedMs: askedMs?.(answer) });
    return result.outcome === 'delivered' || answer.text === ''
      ? result
      : { ...result, answer: keptAnswer(answer.text, request) };
  } catch (error) {
    return { outcome: 'retry', failure: 'unavailable', reason: failureReason(error, request.signal) };
  }
}
