import type { DeliveryResult, HttpAnswer, HttpClient, HttpRequest, OutputDeps } from '@ringback/contracts';
import { Agent } from 'undici';
import manifest from '../package.json' with { type: 'json' };
import { failureReason, unlessAborted } from './failure.ts';
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
  return {
    async post({ url, headers, body, signal }) {
      const { origin, pathname, search } = new URL(url);
      const options = {
        origin,
        path: pathname + search,
        method: 'POST',
        headers: { 'user-agent': USER_AGENT, ...headers },
        body,
        signal,
      };
      // undici looks at the signal only once it has a connection, so a connect that hangs would outlive the attempt.
      const answer = await unlessAborted(signal, () => agent.request(options));
      return { status: answer.statusCode, headers: answer.headers, text: await readStart(answer.body) };
    },
    close: () => agent.destroy(),
  };
}

/** The first `MAX_ANSWER_BYTES` as text. Leaving the loop early closes the connection; reading to the end keeps it for the next request. */
async function readStart(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, MAX_ANSWER_BYTES);
}

export type PostOptions = HttpRequest & {
  /** What the answer says about itself, to stand in the reason of a failure. MUST hold no secret and no personal data. */
  readonly explain?: (answer: HttpAnswer) => string | undefined;
};

/** One attempt over HTTP, from request to outcome: all that an HTTP output does once its request is written. Never rejects. */
export async function postDelivery(deps: Pick<OutputDeps, 'http' | 'now'>, options: PostOptions): Promise<DeliveryResult> {
  const { explain, ...request } = options;
  try {
    const answer = await deps.http.post(request);
    return toDeliveryResult(answer, { now: deps.now(), detail: explain?.(answer) });
  } catch (error) {
    return { outcome: 'retry', reason: failureReason(error, request.signal) };
  }
}
