import type { DeliveryResult, DeliverySettings, Fault } from '@ringback/contracts';
import { backoff } from '../bullmq/backoff.ts';

/** What a delivery has spent so far, over all its jobs. */
export type Spent = {
  /** Attempts used up. */
  readonly attempts: number;
  /** Failed attempts that used up none: they cost time only. */
  readonly uncounted: number;
  /** When the first attempt failed, ms since the epoch by Redis's clock; absent: none has. */
  readonly failingSince?: number;
};

/**
 * A run of a delivery's own job that ended without a result: a bug, or Redis failed in the middle of it.
 * `runs`: of this job so far.
 */
type Broken = { readonly outcome: 'broken'; readonly reason: string; readonly runs: number };

export type SettleOptions = {
  /** The delivery as it was before this attempt. */
  readonly delivery: {
    readonly spent: Spent;
    /** Attempts that it has in all. */
    readonly attempts: number;
    /** The attempt was the one that an open breaker lets through. */
    readonly probe: boolean;
  };
  readonly settings: Pick<DeliverySettings['retry'], 'giveUpAfter' | 'minDelay' | 'maxDelay'> & {
    /** ms until a probe that found the destination away may be the next probe. */
    readonly probeAgainAfter: number;
  };
  /** Redis's time, ms since the epoch. */
  readonly now: number;
  /** Random, 0 to 1. */
  readonly jitter: number;
};

/** What happens next. `spent` includes this attempt. `reason` is what a dead letter says. */
export type Settlement =
  | { readonly outcome: 'delivered' }
  | {
      readonly outcome: 'retry';
      readonly reason: string;
      /** True: the failure used up an attempt. False: it cost time only. */
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
 * The one place that decides what becomes of a delivery after an attempt: first or later, in a batch or
 * alone, probe or not. It only decides: the callers write it down.
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
      return { outcome: 'retry', reason: result.reason, counted, waitMs: waitAfter(result, spent, options), spent };
    }
    case 'broken': {
      // It says nothing of the destination: the time that a delivery may fail does not begin with it.
      const spent = { ...delivery.spent, attempts: delivery.spent.attempts + 1 };
      const failure = { reason: result.reason, fault: 'ours' as const };
      if (result.runs >= delivery.attempts) return dead(failure, spent);
      return { outcome: 'retry', reason: ownReason(failure), counted: true, waitMs: backoffAfter(spent, options), spent };
    }
    default:
      return result satisfies never;
  }
}

type Failed = Extract<DeliveryResult, { outcome: 'retry' }>;

/**
 * A probe tells of the destination, not of the delivery, and MUST NOT use it up; nor does a destination that
 * did not take part.
 */
function costsAttempt({ failure }: Failed, probe: boolean): boolean {
  return failure === 'error' && !probe;
}

function spentAfter(before: Spent, { counted, now }: { counted: boolean; now: number }): Spent & { failingSince: number } {
  const { attempts, uncounted, failingSince = now } = before;
  return { attempts: attempts + (counted ? 1 : 0), uncounted: uncounted + (counted ? 0 : 1), failingSince };
}

type Limits = {
  readonly spent: Spent & { readonly failingSince: number };
  readonly counted: boolean;
  readonly attempts: number;
  readonly giveUpAfter: number;
  readonly now: number;
};

/** Which limit ends a delivery that has just failed, in words; undefined: it is tried again. */
function limitReached({ spent, counted, attempts, giveUpAfter, now }: Limits): string | undefined {
  if (counted && spent.attempts >= attempts) return count(spent.attempts, 'attempt');
  return now - spent.failingSince >= giveUpAfter ? inWords(giveUpAfter) : undefined;
}

/**
 * A probe that found the destination away may soon be the next one. Backed off, it would leave few to probe
 * with.
 */
function waitAfter({ failure, afterMs = 0 }: Failed, spent: Spent, options: SettleOptions): number {
  if (options.delivery.probe && failure === 'unavailable') return Math.max(options.settings.probeAgainAfter, afterMs);
  return backoffAfter(spent, options, afterMs);
}

function backoffAfter({ attempts, uncounted }: Spent, { settings, jitter }: SettleOptions, afterMs = 0): number {
  return backoff(settings, attempts + uncounted, afterMs, () => jitter);
}

type Given = { readonly reason: string; readonly fault?: Fault; readonly answer?: string | undefined };

function dead({ reason, fault = 'theirs', answer }: Given, spent: Spent): Settlement {
  return { outcome: 'dead', reason: fault === 'ours' ? ownReason({ reason }) : reason, fault, answer, spent };
}

/** A reason that is our fault begins with an error code, so that any dashboard of BullMQ shows it. */
const ownReason = ({ reason }: { reason: string }) => `RB_INTERNAL: ${reason}`;

const UNITS = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
] as const;

/** In the largest unit that divides it: 259_200_000 → `3 days`. */
function inWords(ms: number): string {
  const [size, name] = UNITS.find(([unit]) => ms % unit === 0) ?? [1, 'ms'];
  return name === 'ms' ? `${ms} ms` : count(ms / size, name);
}

const count = (number: number, name: string) => `${number} ${name}${number === 1 ? '' : 's'}`;
