import type { DeliveryResult, HttpAnswer } from '@ringback/contracts';

/** Refusals that pass: request timeout, too early, too many requests (RFC 9110, RFC 8470, RFC 6585). */
const PASSING_REFUSALS: ReadonlySet<number> = new Set([408, 425, 429]);

/** Answers of whoever stands before a destination that is away or busy (RFC 6585, RFC 9110): it did not take part itself. */
const UNAVAILABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** A destination may ask for a wait of a day, not for one of a year. */
const MAX_RETRY_AFTER_MS = 86_400_000;

/** The three forms of a date in HTTP (RFC 9110, 5.6.7); the last comes without its zone, which is always GMT. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? [\w -]+ \d{2}:\d{2}:\d{2} (?:GMT|\d{4})$/;

/**
 * The house's retry table: 2xx delivered; 408, 425, 429 and 5xx tried again, no sooner than Retry-After asks; every other status dead.
 * Of those tried again, 429, 502, 503 and 504 cost a delivery time only, the others an attempt.
 * `now` in ms since the epoch, for a Retry-After that is a date; `detail` goes into the reason of a failure; `askedMs` is a wait
 * that the answer's body asks for and takes the place of Retry-After.
 */
export function toDeliveryResult(
  answer: Pick<HttpAnswer, 'status' | 'headers'>,
  { now, detail, askedMs }: { now: number; detail?: string | undefined; askedMs?: number | undefined },
): DeliveryResult {
  const { status } = answer;
  if (status >= 200 && status < 300) return { outcome: 'delivered', detail: `HTTP ${status}` };
  if (status < 400) return { outcome: 'dead', reason: `redirects are not followed: HTTP ${status}` };
  const reason = detail === undefined ? `HTTP ${status}` : `HTTP ${status}: ${detail}`;
  if (status < 500 && !PASSING_REFUSALS.has(status)) return { outcome: 'dead', reason };
  const afterMs = askedMs === undefined ? retryAfterMs(answer.headers['retry-after'], now) : withinDay(askedMs);
  const failure = UNAVAILABLE.has(status) ? 'unavailable' : 'error';
  return { outcome: 'retry', failure, reason, ...(afterMs !== undefined && { afterMs }) };
}

/** Retry-After as seconds or as a date (RFC 9110, 10.2.3) → ms from now; undefined when absent or unreadable. */
function retryAfterMs(header: string | string[] | undefined, now: number): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim() ?? '';
  if (/^\d+$/.test(text)) return withinDay(Number(text) * 1000);
  if (!HTTP_DATE.test(text)) return undefined;
  const time = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(time) ? undefined : withinDay(time - now);
}

const withinDay = (ms: number) => Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
