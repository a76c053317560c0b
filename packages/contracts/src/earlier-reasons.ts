import type { Fault } from './delivery.ts';

/*
 * What earlier versions of Ringback kept in words only. New entries have fields for it (`fault`, `code`):
 * nothing else may read it out of a reason.
 */

/** Whose fault a dead letter without a `fault` is: an own reason began with an error code. */
export function faultOfReason(reason: string): Fault {
  return /^RB_[A-Z_]+: /.test(reason) ? 'ours' : 'theirs';
}

/** The error code of a quarantined callback without a `code`: its reason began with it. */
export function codeOfReason(reason: string): string | undefined {
  return /^(RB_[A-Z_]+)\b/.exec(reason)?.[1];
}
