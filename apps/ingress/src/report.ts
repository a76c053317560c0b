import type { Logger } from '@ringback/contracts';
import type { Repeats, Span } from '@ringback/observability';
import type { Answer } from './answer.ts';
import type { Received } from './metrics.ts';
import type { Refusal } from './refusal-counts.ts';

export type Report = {
  readonly logger: Logger;
  /** Counts refusals. */
  readonly refused?: ((refusal: Refusal) => void) | undefined;
  /** Counts refusals that get no line of their own. Absent: each gets one. */
  readonly repeats?: Pick<Repeats, 'isLogged'> | undefined;
  /** Counts every request. */
  readonly count?: ((received: Received) => void) | undefined;
  /** For `count`, where the line has no name of a source. */
  readonly source?: string | undefined;
  readonly answer: Answer;
  readonly error?: unknown;
  /** MUST hold nothing of the body. */
  readonly fields: object;
  readonly handshake?: boolean;
  /** Of the request. It ends here. */
  readonly span?: Span | undefined;
};

/** Lines a minute for one source and code. More for senders' faults: each line helps to find what is wrong. */
const MOST_LINES = { ours: 10, theirs: 100 };

/** One line per request. A bug comes with its stack. Of many refusals alike, the first ones. */
export function report(options: Report): void {
  const { logger, refused, repeats, answer, error, fields, handshake = false, span } = options;
  const { status, responseID, refused: why } = answer;
  const line = { ...fields, status, responseID, ...(span && { trace: span.traceId }) };
  span?.end(endOf(answer, fields));
  count(options);
  if (why) {
    const refusal = { source: 'source' in fields ? String(fields.source) : undefined, code: why.code };
    refused?.(refusal);
    if (repeats?.isLogged(refusal, status >= 500 ? MOST_LINES.ours : MOST_LINES.theirs) === false) return;
  }
  if (!why) {
    logger.info(line, handshake ? 'handshake answered' : 'callback acked');
  } else if (status >= 500) {
    logger.error({ ...line, code: why.code, err: error }, 'callback refused');
  } else {
    logger.warn({ ...line, code: why.code, reason: why.message }, 'callback refused');
  }
}

/** A refusal is no failure of ours: only 5xx is. */
function endOf({ status, refused }: Answer, { type }: { type?: string }): Parameters<Span['end']>[0] {
  const attributes = { 'http.response.status_code': status, 'ringback.type': type, 'error.type': refused?.code };
  return { attributes, failed: status >= 500 ? refused?.code : undefined };
}

function count({ count: add, source: known, answer: { refused }, fields, handshake = false }: Report): void {
  if (add === undefined) return;
  const { source = known, type, ms }: { source?: string | undefined; type?: string; ms?: number } = fields;
  const took = ms === undefined ? {} : { ms };
  if (refused) return add({ source, result: 'refused', code: refused.code });
  add({ source, type, result: handshake ? 'handshake' : 'acked', ...took });
}
