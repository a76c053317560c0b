import type { Logger } from '@ringback/contracts';
import type { Answer } from './answer.ts';
import type { Refusal } from './refusal-counts.ts';

export type Report = {
  readonly logger: Logger;
  /** Counts refusals. */
  readonly refused?: ((refusal: Refusal) => void) | undefined;
  readonly answer: Answer;
  readonly error?: unknown;
  /** MUST hold nothing of the body. */
  readonly fields: object;
  readonly message?: string;
};

/** One line per request. A bug comes with its stack. */
export function report({ logger, refused, answer, error, fields, message = 'callback acked' }: Report): void {
  const { status, responseID, refused: why } = answer;
  const line = { ...fields, status, responseID };
  if (why) refused?.({ source: 'source' in fields ? String(fields.source) : undefined, code: why.code });
  if (!why) {
    logger.info(line, message);
  } else if (status >= 500) {
    logger.error({ ...line, code: why.code, err: error }, 'callback refused');
  } else {
    logger.warn({ ...line, code: why.code, reason: why.message }, 'callback refused');
  }
}
