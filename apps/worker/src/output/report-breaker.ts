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

/** `told`: a reason that was logged, and when. */
function outageFrom(since: number, told?: string, toldAt = -Infinity): Outage {
  return { since, reasons: new Set(told === undefined ? [] : [told]), toldAt, repeated: 0, probes: 0 };
}

/**
 * Logs the first pause of an outage with its probe, each new reason, and the recovery. Pauses after failed probes, one
 * every few seconds, are counted and said once a minute.
 */
export function createBreakerReport({ output, now, before, logger }: BreakerReportOptions): (change: BreakerChange) => void {
  let outage = before && outageFrom(before.since, before.reason, now());
  let isTold = false;

  function paused({ state: breaker, ...why }: BreakerChange): void {
    const { reason = '' } = why;
    outage ??= outageFrom(now());
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
