import type { Logger } from '@ringback/contracts';
import type { Answer } from './answer.ts';
import type { Received } from './metrics.ts';
import type { Refusal } from './refusal-counts.ts';

export type Report = {
  readonly logger: Logger;
  /** Counts refusals. */
  readonly refused?: ((refusal: Refusal) => void) | undefined;
  /** Counts every request. */
  readonly count?: ((received: Received) => void) | undefined;
  /** For `count`, where the line has no name of a source. */
  readonly source?: string | undefined;
  readonly answer: Answer;
  readonly error?: unknown;
  /** MUST hold nothing of the body. */
  readonly fields: object;
  readonly handshake?: boolean;
};

/** One line per request. A bug comes with its stack. */
export function report(options: Report): void {
  const { logger, refused, answer, error, fields, handshake = false } = options;
  const { status, responseID, refused: why } = answer;
  const line = { ...fields, status, responseID };
  count(options);
  if (why) refused?.({ source: 'source' in fields ? String(fields.source) : undefined, code: why.code });
  if (!why) {
    logger.info(line, handshake ? 'handshake answered' : 'callback acked');
  } else if (status >= 500) {
    logger.error({ ...line, code: why.code, err: error }, 'callback refused');
  } else {
    logger.warn({ ...line, code: why.code, reason: why.message }, 'callback refused');
  }
}

function count({ count: add, source: known, answer: { refused }, fields, handshake = false }: Report): void {
  if (add === undefined) return;
  const { source = known, type, ms }: { source?: string | undefined; type?: string; ms?: number } = fields;
  const took = ms === undefined ? {} : { ms };
  if (refused) return add({ source, result: 'refused', code: refused.code });
  add({ source, type, result: handshake ? 'handshake' : 'acked', ...took });
}
