import { inspect } from 'node:util';
import { RingbackError } from './error.ts';

/** Prints, logs and serialises as `[redacted]`; only `reveal()` returns it. */
export type Secret = {
  reveal(): string;
  toString(): string;
  toJSON(): string;
};

const redacted = () => '[redacted]';

export function createSecret(value: string): Secret {
  return Object.freeze({ reveal: () => value, toString: redacted, toJSON: redacted, [inspect.custom]: redacted });
}

/** Prefix of a missing secret's text, followed by the reason. The loader accepts it in no other text. */
export const UNSET_SECRET = '\uFDD0';

/** Revealing a missing secret throws RingbackError RB_CONFIG_INVALID. */
export function readSecret(text: string): Secret {
  if (!text.startsWith(UNSET_SECRET)) return createSecret(text);
  const problem = text.slice(UNSET_SECRET.length);
  return Object.freeze({
    ...createSecret(''),
    reveal: () => {
      throw new RingbackError('RB_CONFIG_INVALID', problem);
    },
  });
}
