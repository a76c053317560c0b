import { inspect } from 'node:util';

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
