import type { DeliveryResult, DeliverySettings, ErrorCode, Fault } from '@ringback/contracts';
import { backoff } from '../bullmq/backoff.ts';

/** Over all jobs of a delivery. For a batch: runs of its job. */
export type Spent = {
  readonly attempts: number;
  /** They cost time only. */
  readonly uncounted: number;
  /** First failure, ms since the epoch by Redis's clock. */
  readonly failingSince?: number;
};

/** A run of a job that ended without a result: a bug, or Redis failed. */
type Broken = { readonly outcome: 'broken'; readonly code: ErrorCode; readonly reason: string };

export type SettleOptions = {
  /** Before this attempt. */
  readonly delivery: {
    readonly spent: Spent;
    readonly attempts: number;
    /** By it an open breaker finds out. */
    readonly probe: boolean;
  };
  readonly settings: Pick<DeliverySettings['retry'], 'giveUpAfter' | 'minDelay' | 'maxDelay'> & {
    /** ms until a probe that found the destination away may be the next probe. */
    readonly probeAgainAfter: number;
    /** ms. Longest wait while the destination takes no part: it may be back soon. */
    readonly mostWhileAway: number;
  };
  /** Redis's, ms since the epoch. */
  readonly now: number;
  /** Random, 0 to 1. */
  readonly jitter: number;
};

/** `spent` includes this attempt. */
export type Settlement =
  | { readonly outcome: 'delivered' }
  | {
      readonly outcome: 'retry';
      readonly reason: string;
      readonly fault: Fault;
      /** False: it cost time only. */
      readonly counted: boolean;
      readonly waitMs: number;
      readonly spent: Spent;
    }
  | {
      readonly outcome: 'dead';
      readonly reason: string;
      readonly fault: Fault;
      /** First bytes of what the destination answered. MUST NOT be logged. */
      readonly answer?: string | undefined;
      readonly spent: Spent;
    };

/**
 * The one place that decides what follows an attempt: first or later, in a batch or alone, or broken.
 * Callers write it down.
 */
export function settle(result: DeliveryResult | Broken, options: SettleOptions): Settlement {
  const { delivery, settings, now } = options;
  switch (result.outcome) {
    case 'delivered':
      return { outcome: 'delivered' };
    case 'dead':
      return dead(result, spentAfter(delivery.spent, { counted: true, now }));
    case 'retry': {
      const counted = costsAttempt(result, delivery.probe);
      const spent = spentAfter(delivery.spent, { counted, now });
      const limit = limitReached({ spent, counted, attempts: delivery.attempts, giveUpAfter: settings.giveUpAfter, now });
      if (limit !== undefined) return dead({ ...result, reason: `given up after ${limit}: ${result.reason}` }, spent);
      const { reason, fault = 'theirs' } = result;
      return { outcome: 'retry', reason, fault, counted, waitMs: waitAfter(result, spent, options), spent };
    }
    case 'broken':
      return settleBroken(result, options);
    default:
      return result satisfies never;
  }
}

/** It says nothing of the destination: the time that a delivery may fail does not begin with it. */
function settleBroken({ code, reason: why }: Broken, options: SettleOptions): Settlement {
  const { spent: before, attempts } = options.delivery;
  // Redis has no room for jobs of the deliveries that failed. That lasts as long as an outage may last.
  const counted = code !== 'RB_OVERLOADED';
  const spent = { ...before, ...counts(before, counted) };
  const failure = { reason: `${code}: ${why}`, fault: 'ours', spent } as const;
  // What cannot be read is no better in the next run.
  const isOver = code === 'RB_PAYLOAD_INVALID' || (counted && spent.attempts >= attempts);
  if (isOver) return { outcome: 'dead', ...failure };
  const { settings, jitter } = options;
  const waitMs = backoff(settings, spent.attempts + spent.uncounted, 0, () => jitter);
  return { outcome: 'retry', ...failure, counted, waitMs };
}

type Failed = Extract<DeliveryResult, { outcome: 'retry' }>;

/** A probe MUST NOT use up the delivery, nor does a destination that did not take part. */
function costsAttempt({ failure }: Failed, probe: boolean): boolean {
  return failure === 'error' && !probe;
}

const counts = ({ attempts, uncounted }: Spent, counted: boolean) => ({
  attempts: attempts + (counted ? 1 : 0),
  uncounted: uncounted + (counted ? 0 : 1),
});

function spentAfter(before: Spent, { counted, now }: { counted: boolean; now: number }): Spent & { failingSince: number } {
  return { ...counts(before, counted), failingSince: before.failingSince ?? now };
}

type Limits = {
  readonly spent: Spent & { readonly failingSince: number };
  readonly counted: boolean;
  readonly attempts: number;
  readonly giveUpAfter: number;
  readonly now: number;
};

/** In words. Undefined: it is tried again. */
function limitReached({ spent, counted, attempts, giveUpAfter, now }: Limits): string | undefined {
  if (counted && spent.attempts >= attempts) return count(spent.attempts, 'attempt');
  return now - spent.failingSince >= giveUpAfter ? inWords(giveUpAfter) : undefined;
}

/**
 * A probe may soon be the next probe: backed off, few would be left. The waits after an outage MUST NOT be longer.
 */
function waitAfter({ failure, afterMs = 0 }: Failed, spent: Spent, { delivery, settings, jitter }: SettleOptions): number {
  if (delivery.probe && failure === 'unavailable') return Math.max(settings.probeAgainAfter, afterMs);
  const { minDelay, maxDelay, mostWhileAway } = settings;
  if (failure === 'error' && !delivery.probe) return backoff({ minDelay, maxDelay }, spent.attempts, afterMs, () => jitter);
  const bounds = { minDelay, maxDelay: failure === 'unreadable' ? maxDelay : Math.min(maxDelay, mostWhileAway) };
  return backoff(bounds, spent.attempts + spent.uncounted, afterMs, () => jitter);
}

type Given = { readonly reason: string; readonly fault?: Fault; readonly answer?: string | undefined };

/** A reason that is our fault begins with an error code, so that any dashboard of BullMQ shows it. */
function dead({ reason, fault = 'theirs', answer }: Given, spent: Spent): Settlement {
  return { outcome: 'dead', reason: fault === 'ours' ? `RB_INTERNAL: ${reason}` : reason, fault, answer, spent };
}

const UNITS = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
] as const;

/** 259_200_000 → `3 days`. */
function inWords(ms: number): string {
  const [size, name] = UNITS.find(([unit]) => ms % unit === 0) ?? [1, 'ms'];
  return name === 'ms' ? `${ms} ms` : count(ms / size, name);
}

const count = (number: number, name: string) => `${number} ${name}${number === 1 ? '' : 's'}`;
