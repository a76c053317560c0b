import type { Logger } from '@ringback/contracts';
import type { Answer } from './answer.ts';

export type Report = {
  readonly logger: Logger;
  readonly answer: Answer;
  readonly error?: unknown;
  /** MUST hold nothing of the body. */
  readonly fields: object;
  readonly message?: string;
};

/** One line per request. A bug comes with its stack. */
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
