import type { DeliveryResult, HttpAnswer, HttpClient, HttpRequest, OutputDeps } from '@ringback/contracts';
import { Agent, type Dispatcher } from 'undici';
import manifest from '../package.json' with { type: 'json' };
import { failureReason } from './failure.ts';
import { keptAnswer } from './kept-answer.ts';
import { toDeliveryResult } from './retry-table.ts';

const MAX_ANSWER_BYTES = 64 * 1024;

const USER_AGENT = `ringback/${manifest.version}`;

/**
 * The only outbound HTTP: keep-alive, HTTP/1.1, no redirects. `post` rejects without a complete answer.
 * Closing it cuts off what is under way.
 */
export function createHttpClient(): HttpClient {
  // The signal is the deadline. With HTTP/2 one lost connection could fail many requests.
  const agent = new Agent({ allowH2: false, headersTimeout: 0, bodyTimeout: 0 });
  return { post: (request) => send(agent, { ...request, method: 'POST' }), close: () => agent.destroy() };
}

type Asked = Pick<HttpRequest, 'url' | 'signal'> & {
  readonly method: 'GET' | 'HEAD';
  /** Takes whatever certificate there is: nothing secret is sent. */
  readonly anyCertificate?: boolean;
};

/** For looking at a server: a connection of its own, and no header of the settings. Rejects without an answer. */
export async function askHttp({ anyCertificate = false, ...asked }: Asked): Promise<HttpAnswer> {
  const agent = new Agent({ allowH2: false, connect: { rejectUnauthorized: !anyCertificate } });
  try {
    return await send(agent, { ...asked, headers: {}, body: null });
  } finally {
    await agent.destroy();
  }
}

type Sent = Omit<HttpRequest, 'body'> & { readonly method: 'GET' | 'HEAD' | 'POST'; readonly body: string | Buffer | null };

/** `dispatch` is faster than `request`: no stream for the answer. */
function send(agent: Agent, { method, url, headers, body, signal }: Sent): Promise<HttpAnswer> {
  const { origin, pathname, search } = new URL(url);
  return new Promise<HttpAnswer>((resolve, reject) => {
    signal.throwIfAborted();
    const exchange = readAnswer({ signal, resolve, reject });
    const path = pathname + search;
    agent.dispatch({ origin, path, method, headers: { 'user-agent': USER_AGENT, ...headers }, body }, exchange);
  });
}

type Settle = {
  readonly signal: AbortSignal;
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (error: unknown) => void;
};

/** A complete read keeps the connection. Stopping early closes it. */
function readAnswer({ signal, resolve, reject }: Settle): Dispatcher.DispatchHandler {
  const chunks: Buffer[] = [];
  let size = 0;
  let head = { status: 0, headers: {} };
  let exchange: Dispatcher.DispatchController | undefined;

  // Registered first: a hanging connect MUST NOT outlive the attempt.
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
    // Also called for 1xx. The last call counts.
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
  /** Added to the reason. MUST hold no secret and no personal data. */
  readonly explain?: (answer: HttpAnswer) => string | undefined;
  /** From the answer's body, ms. Undefined: Retry-After decides. */
  readonly askedMs?: (answer: HttpAnswer) => number | undefined;
};

/** Never rejects. */
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
