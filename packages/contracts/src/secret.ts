import { inspect } from 'node:util';
import { RingbackError } from './error.ts';

/** A string that prints, logs and serialises as `[redacted]`; only `reveal()` gives it out. */
export type Secret = {
  reveal(): string;
  toString(): string;
  toJSON(): string;
};

const redacted = () => '[redacted]';

export function createSecret(value: string): Secret {
  return Object.freeze({ reveal: () => value, toString: redacted, toJSON: redacted, [inspect.custom]: redacted });
}

/** Begins the text of a secret that is not there; the rest says why. The settings loader lets no other text begin with it. */
export const UNSET_SECRET = '\uFDD0';

/** A setting's text → its secret. Revealing one that is not there throws RingbackError RB_CONFIG_INVALID. */
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
