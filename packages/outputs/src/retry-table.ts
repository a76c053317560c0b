import type { DeliveryResult, HttpAnswer } from '@ringback/contracts';

/** 4xx that are retried (RFC 9110, RFC 8470, RFC 6585). */
const PASSING_REFUSALS: ReadonlySet<number> = new Set([408, 425, 429]);

/** Usually from a proxy whose destination is away or busy (RFC 6585, RFC 9110). No attempt is counted. */
const UNAVAILABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** A day. */
const MAX_RETRY_AFTER_MS = 86_400_000;

/** RFC 9110, 5.6.7. The last format has no zone: always GMT. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? [\w -]+ \d{2}:\d{2}:\d{2} (?:GMT|\d{4})$/;

/**
 * 2xx: delivered. 408, 425, 429, 5xx: retried, not before Retry-After. Else: dead letter. `askedMs` replaces
 * Retry-After. `now`: ms since the epoch.
 */
export function toDeliveryResult(
  answer: Pick<HttpAnswer, 'status' | 'headers'>,
  { now, detail, askedMs }: { now: number; detail?: string | undefined; askedMs?: number | undefined },
): DeliveryResult {
  const { status } = answer;
  if (status >= 200 && status < 300) return { outcome: 'delivered', detail: `HTTP ${status}`, status };
  if (status < 400) return { outcome: 'dead', reason: `redirects are not followed: HTTP ${status}`, status };
  const reason = detail === undefined ? `HTTP ${status}` : `HTTP ${status}: ${detail}`;
  if (status < 500 && !PASSING_REFUSALS.has(status)) return { outcome: 'dead', reason, status };
  const afterMs = askedMs === undefined ? retryAfterMs(answer.headers['retry-after'], now) : withinDay(askedMs);
  const failure = UNAVAILABLE.has(status) ? 'unavailable' : 'error';
  return { outcome: 'retry', failure, reason, status, ...(afterMs !== undefined && { afterMs }) };
}

/** Seconds or a date (RFC 9110, 10.2.3) → ms from now. */
function retryAfterMs(header: string | string[] | undefined, now: number): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim() ?? '';
  if (/^\d+$/.test(text)) return withinDay(Number(text) * 1000);
  if (!HTTP_DATE.test(text)) return undefined;
  const time = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(time) ? undefined : withinDay(time - now);
}

const withinDay = (ms: number) => Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
