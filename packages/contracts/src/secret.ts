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

export function isSecret(value: unknown): value is Secret {
  return typeof value === 'object' && value !== null && 'reveal' in value && typeof value.reveal === 'function';
}

type PlacedSecret = { readonly keys: readonly (string | number)[]; readonly secret: Secret };

/** All secrets within, each with the keys that lead to it. */
export function* secretsIn(value: unknown, keys: PlacedSecret['keys'] = []): Generator<PlacedSecret> {
  if (isSecret(value)) yield { keys, secret: value };
  else if (typeof value === 'object' && value !== null) {
    const inList = Array.isArray(value);
    for (const [key, inner] of Object.entries(value)) yield* secretsIn(inner, [...keys, inList ? Number(key) : key]);
  }
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
