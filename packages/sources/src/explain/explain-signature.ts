import type { Explanation, Explaining, Reason } from '@ringback/contracts';
import { bodyVariants } from './body-variants.ts';
import { wrongSecret } from './reasons.ts';
import { type Key, type KeyVariant, secretVariants } from './secret-variants.ts';

type Attempt = { readonly keys: readonly Key[]; readonly body: Buffer };

/** Another way to sign. */
export type OtherWay = Reason & { readonly fits: () => boolean };

type Signature = {
  /** Found before, such as a wrong algorithm. `fits` takes them as mended. */
  readonly known?: readonly Reason[];
  readonly keys: readonly Key[];
  /** The texts of the secrets. */
  readonly secrets: readonly string[];
  /** Undefined: it was not read. */
  readonly body: Buffer | undefined;
  /** Whose secrets they are, in words. */
  readonly secretsOf: string;
  /** MUST compute the signature anew. */
  readonly fits: (attempt: Attempt) => boolean;
  readonly otherKeys?: Iterable<KeyVariant>;
  readonly otherWays?: (body: Buffer) => Iterable<OtherWay>;
};

/** Tries what may have been signed in place of what came. Only a signature that fits proves a reason. */
export function* explainSignature({ known = [], body, ...signature }: Signature): Explaining {
  if (!body) return { reasons: known.length > 0 ? known : [wrongSecret(signature.secretsOf)], isProven: false };
  const proven = (reasons: readonly Reason[]): Explanation => ({ reasons: [...known, ...reasons], isProven: true });
  const { keys, fits } = signature;
  if (fits({ keys, body })) return proven([]);
  for (const { fits: fitsSo, ...reason } of otherSigners({ ...signature, body })) {
    yield;
    if (fitsSo()) return proven([reason]);
  }
  for (const variant of bodyVariants(body)) {
    yield;
    if (variant && fits({ keys, body: variant.body })) return proven([{ code: variant.code, text: variant.text }]);
  }
  return { reasons: [...known, wrongSecret(signature.secretsOf)], isProven: false };
}

function* otherSigners(signature: Omit<Signature, 'known'> & { readonly body: Buffer }): Generator<OtherWay> {
  const { secrets, otherKeys = [], otherWays, body, fits } = signature;
  for (const variants of [secretVariants(secrets), otherKeys]) {
    for (const { key, ...reason } of variants) yield { ...reason, fits: () => fits({ keys: [key], body }) };
  }
  yield* otherWays?.(body) ?? [];
}
