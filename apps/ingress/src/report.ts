import type { Logger } from '@ringback/contracts';
import type { Answer } from './answer.ts';

export type Report = {
  readonly logger: Logger;
  readonly answer: Answer;
  /** Why the answer is no ack. */
  readonly error?: unknown;
  /** What else is known of the request. MUST NOT hold anything of the body. */
  readonly fields: object;
};

/** The one log line of a request, acked or not. A bug comes with its stack, a refusal with its reason. */
export function report({ logger, answer, error, fields }: Report): void {
  const { retCode, responseID } = answer.body;
  const line = { ...fields, status: answer.status, retCode, responseID };
  if (!answer.code) {
    logger.info(line, 'callback acked');
  } else if (answer.status >= 500) {
    logger.error({ ...line, code: answer.code, err: error }, 'callback refused');
  } else {
    logger.warn({ ...line, code: answer.code, reason: answer.body.retMsg }, 'callback refused');
  }
}
