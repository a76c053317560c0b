import type { Logger } from '@ringback/contracts';
import type { BreakerChange } from './breaker.ts';

type BreakerReportOptions = {
  readonly output: string;
  /** Monotonic, ms. */
  readonly now: () => number;
  /** An outage that was told under earlier settings. */
  readonly before?: { readonly since: number; readonly reason: string } | undefined;
  readonly logger: Logger;
};

type Outage = { readonly since: number; readonly reasons: Set<string>; toldAt: number; repeated: number; probes: number };

const SAY_AGAIN_AFTER_MS = 60_000;

/**
 * Logs the first pause of an outage with its probe, each new reason, and the recovery. Pauses after failed probes, one
 * every few seconds, are counted and said once a minute.
 */
export function createBreakerReport(options: BreakerReportOptions): (change: BreakerChange) => void {
  const { output, now, before, logger } = options;
  let outage: Outage | undefined = before && {
    since: before.since,
    reasons: new Set([before.reason]),
    toldAt: now(),
    repeated: 0,
    probes: 0,
  };
  let isTold = false;

  function paused({ state: breaker, ...why }: BreakerChange): void {
    outage ??= { since: now(), reasons: new Set(), toldAt: -Infinity, repeated: 0, probes: 0 };
    const { reason = '' } = why;
    isTold = !outage.reasons.has(reason) || now() - outage.toldAt >= SAY_AGAIN_AFTER_MS;
    if (!isTold) {
      outage.repeated += 1;
      return;
    }
    const { repeated } = outage;
    const line = { output, breaker, ...why, ...(repeated > 0 && { repeated }) };
    logger.warn({ code: 'RB_OUTPUT_FAILING', ...line }, 'output paused after failures');
    outage.reasons.add(reason);
    [outage.toldAt, outage.repeated] = [now(), 0];
  }

  return (change) => {
    const { state: breaker } = change;
    switch (breaker) {
      case 'open':
        return paused(change);
      case 'probing':
        if (outage) outage.probes += 1;
        if (isTold) logger.info({ output, breaker }, 'trying one delivery');
        return;
      case 'closed': {
        const { since = now(), probes = 0 } = outage ?? {};
        outage = undefined;
        return logger.info({ output, breaker, probes, seconds: Math.round((now() - since) / 1000) }, 'output recovered');
      }
      default:
        return breaker satisfies never;
    }
  };
}
