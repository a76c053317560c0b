import { unknownName } from '@ringback/config';
import { RingbackError } from '@ringback/contracts';

/** @throws RingbackError RB_OUTPUT_UNKNOWN, with the most similar name */
export function requireOutput(name: string, known: readonly string[]): void {
  if (!known.includes(name)) throw unknownOutput(name, known);
}

export function unknownOutput(name: string, known: readonly string[]): RingbackError {
  return new RingbackError('RB_OUTPUT_UNKNOWN', `no output is called ${name}; ${unknownName(name, known)}`);
}
