import type { DeliveryResult, DeliverySettings } from '@ringback/contracts';
import type { Spent } from '@ringback/queue';

type Failed = Extract<DeliveryResult, { outcome: 'retry' }>;

export type Limits = Pick<DeliverySettings['retry'], 'attempts' | 'giveUpAfter'>;

/** A probe tells of the destination, not of the delivery, and MUST NOT use it up; nor does a destination that did not take part. */
export function costOf({ failure }: Failed, probe: boolean): 'attempt' | 'time' {
  return failure === 'error' && !probe ? 'attempt' : 'time';
}

/** Which limit ends a delivery that has just failed, in words; undefined: it is tried again. `spent` is from before this failure, `now` is Redis's time. */
export function limitReached(cost: 'attempt' | 'time', { spent, limits, now }: { spent: Spent; limits: Limits; now: number }) {
  const used = spent.attempts + 1;
  if (cost === 'attempt' && used >= limits.attempts) return counted(used, 'attempt');
  if (spent.failingSince === undefined || now - spent.failingSince < limits.giveUpAfter) return undefined;
  return inWords(limits.giveUpAfter);
}

const UNITS = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
] as const;

/** In the largest unit that divides it: 259_200_000 → `3 days`. */
function inWords(ms: number): string {
  const [size, name] = UNITS.find(([unit]) => ms % unit === 0) ?? [1, 'ms'];
  return name === 'ms' ? `${ms} ms` : counted(ms / size, name);
}

const counted = (count: number, name: string) => `${count} ${name}${count === 1 ? '' : 's'}`;
