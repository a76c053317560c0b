import type { RingbackError } from '@ringback/contracts';
import { within } from '@ringback/pacing';
import type { RedisWatch } from './watch.ts';

const PROBE_TIMEOUT_MS = 1000;

export type ReadinessOptions = {
  readonly watch: Pick<RedisWatch, 'probe' | 'away' | 'refused' | 'unmet' | 'known'>;
  /** What else keeps the process from its work. Default: that Redis is not good enough for an ack. */
  readonly refusal?: () => RingbackError | undefined;
};

/** What keeps a process from its work now, found by a real write to Redis: lines of `<code>: <reason>`; none: it is ready. Answers within 1 s. */
export async function notReadyReasons({ watch, refusal = watch.unmet }: ReadinessOptions): Promise<readonly string[]> {
  const answered = await within(PROBE_TIMEOUT_MS, watch.probe());
  if (!answered) return [line(watch.away())];
  const refused = watch.refused();
  const other = refusal();
  if (refused === undefined) return other === undefined ? [] : [line(other)];
  // That nothing is known of Redis follows from it.
  return other === undefined || !watch.known() ? [line(refused)] : [line(refused), line(other)];
}

function line({ code, message }: RingbackError): string {
  return `${code}: ${message}`;
}
