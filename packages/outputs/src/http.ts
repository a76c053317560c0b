import type { DeliveryResult, HttpAnswer, HttpClient, HttpRequest, OutputDeps } from '@ringback/contracts';
import { Agent, type Dispatcher } from 'undici';
import manifest from '../package.json' with { type: 'json' };
import { failureReason } from './failure.ts';
import { keptAnswer } from './kept-answer.ts';
import { toDeliveryResult } from './retry-table.ts';

/** The rest of an answer is not downloaded. */
const MAX_ANSWER_BYTES = 64 * 1024;

const USER_AGENT = `ringback/${manifest.version}`;

/**
 * The only place for outbound requests: keep-alive, HTTP/1.1, no redirects, answers read to 64 KiB. `post`
 * rejects without a complete answer. MUST be closed after its attempts: it cuts off the rest.
 */
export function createHttpClient(): HttpClient {
  // The signal is the deadline, beside undici's 10 s to connect. With HTTP/2 one lost connection could fail many.
  const agent = new Agent({ allowH2: false, headersTimeout: 0, bodyTimeout: 0 });
  return { post: (request) => post(agent, request), close: () => agent.destroy() };
}

/** undici's `dispatch` instead of `request`: without a stream for the answer it is a good part faster. */
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

/** Reads an answer up to `MAX_ANSWER_BYTES`. A complete read keeps the connection; stopping early closes it. */
function readAnswer({ signal, resolve, reject }: Settle): Dispatcher.DispatchHandler {
  const chunks: Buffer[] = [];
  let size = 0;
  let head = { status: 0, headers: {} };
  let exchange: Dispatcher.DispatchController | undefined;

  // Registered first: a connect that hangs MUST NOT outlive the attempt.
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
    // Called for each 1xx as well; the last call counts.
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
  /** Added to the failure's reason. MUST hold no secret and no personal data. */
  readonly explain?: (answer: HttpAnswer) => string | undefined;
  /** ms to wait, if the answer's body says so. Undefined: Retry-After decides. */
  readonly askedMs?: (answer: HttpAnswer) => number | undefined;
};

/** One attempt over HTTP. Never rejects. */
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
