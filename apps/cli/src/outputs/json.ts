import type { OutputStatus } from '@ringback/operations';
import { iso } from '../terminal/iso.ts';

/** Every field of it. Times in ISO 8601. */
export function outputJson({ oldest, breaker, failing, lastDelivered, lastFailed, ...rest }: OutputStatus): object {
  return {
    ...rest,
    oldest: iso(oldest),
    breaker: breaker && { ...breaker, since: iso(breaker.since) },
    failing: failing && { ...failing, since: iso(failing.since) },
    lastDelivered: iso(lastDelivered),
    lastFailed: lastFailed && { ...lastFailed, at: iso(lastFailed.at) },
  };
}
