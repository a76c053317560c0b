import type { Logger } from '@ringback/contracts';
import type { Answer } from './answer.ts';

export type Report = {
  readonly logger: Logger;
  readonly answer: Answer;
  /** Why the answer is no ack. */
  readonly error?: unknown;
  /** What else is known of the request. MUST NOT hold anything of the body. */
  readonly fields: object;
  /** Of the line of an answer that refuses nothing. */
  readonly message?: string;
};

/** The one log line of a request, acked or not. A bug comes with its stack, a refusal with its reason. */
export function report({ logger, answer, error, fields, message = 'callback acked' }: Report): void {
  const { status, responseID, refused } = answer;
  const line = { ...fields, status, responseID };
  if (!refused) {
    logger.info(line, message);
  } else if (status >= 500) {
    logger.error({ ...line, code: refused.code, err: error }, 'callback refused');
  } else {
    logger.warn({ ...line, code: refused.code, reason: refused.message }, 'callback refused');
  }
}
