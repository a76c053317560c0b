import type { RingbackError } from '@ringback/contracts';
import { within } from '@ringback/pacing';
import type { RedisWatch } from './watch.ts';

const PROBE_TIMEOUT_MS = 1000;

export type ReadinessOptions = {
  readonly watch: Pick<RedisWatch, 'probe' | 'away' | 'refused' | 'unmet' | 'known'>;
  readonly refusal?: () => RingbackError | undefined;
};

/** As `<code>: <reason>`, by a real write. Empty: ready. Answers within 1 s. */
export async function notReadyReasons({ watch, refusal = watch.unmet }: ReadinessOptions): Promise<readonly string[]> {
  const answered = await within(PROBE_TIMEOUT_MS, watch.probe());
  if (!answered) return [line(watch.away())];
  const refused = watch.refused();
  const other = refusal();
  if (refused === undefined) return other === undefined ? [] : [line(other)];
  // Nothing is known of a Redis that refuses: one line is enough.
  return other === undefined || !watch.known() ? [line(refused)] : [line(refused), line(other)];
}

function line({ code, message }: RingbackError): string {
  return `${code}: ${message}`;
}
