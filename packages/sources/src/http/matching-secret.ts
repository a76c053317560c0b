import { timingSafeEqual } from 'node:crypto';
import type { Secret } from '@ringback/contracts';

type Options = {
  readonly secrets: readonly Secret[];
  readonly sign: Buffer;
  readonly compute: (secret: string) => string;
};

/** Tries all secrets, so a wrong sign takes as long as a right one. */
export function matchingSecret({ secrets, sign, compute }: Options): string | undefined {
  let match: string | undefined;
  for (const candidate of secrets) {
    const secret = candidate.reveal();
    const expected = Buffer.from(compute(secret));
    if (sign.length === expected.length && timingSafeEqual(sign, expected)) match = secret;
  }
  return match;
}
