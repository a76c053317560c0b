import type { Fault } from './delivery.ts';

/*
 * For entries of earlier versions only: these had no fields `fault` and `code`. Nothing else may parse a
 * reason.
 */

/** A reason of our own began with an error code. */
export function faultOfReason(reason: string): Fault {
  return /^RB_[A-Z_]+: /.test(reason) ? 'ours' : 'theirs';
}

/** The reason began with the code. */
export function codeOfReason(reason: string): string | undefined {
  return /^(RB_[A-Z_]+)\b/.exec(reason)?.[1];
}
