import type { Effort, Explanation, Explaining, Reason } from '@ringback/contracts';
import { bodyVariants } from './body-variants.ts';
import { wrongSecret } from './reasons.ts';
import { createSearches } from './search.ts';
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
  readonly effort: Effort | undefined;
  /** Whose secrets they are, in words. */
  readonly secretsOf: string;
  /** MUST compute the signature anew. */
  readonly fits: (attempt: Attempt) => boolean;
  readonly otherKeys?: Iterable<KeyVariant>;
  readonly otherWays?: (body: Buffer) => Iterable<OtherWay>;
};

/** Tries what may have been signed in place of what came. Only a signature that fits proves a reason. */
export function* explainSignature({ known = [], body, effort, ...signature }: Signature): Explaining {
  if (!body) return { reasons: known, isProven: false };
  const proven = (reasons: readonly Reason[]): Explanation => ({ reasons: [...known, ...reasons], isProven: true });
  const { keys, fits } = signature;
  if (fits({ keys, body })) return proven([]);
  const searches = createSearches(effort);
  const signers = searches.search('other secrets, accounts and signed texts', 1 / 2);
  for (const { fits: fitsSo, hashes, ...reason } of otherSigners({ ...signature, body })) {
    yield;
    if (!signers.affords(body.length * hashes)) break;
    if (fitsSo()) return proven([reason]);
  }
  const bodies = searches.search('other bodies', 1 / 2);
  for (const variant of bodyVariants(body, bodies)) {
    yield;
    // Written once, and hashed with each key.
    if (!bodies.affords((variant?.body.length ?? body.length) * (1 + keys.length))) break;
    if (variant && fits({ keys, body: variant.body })) return proven([{ code: variant.code, text: variant.text }]);
  }
  return { reasons: [...known, wrongSecret(signature.secretsOf)], isProven: false, ...searches.left() };
}

function* otherSigners(
  signature: Omit<Signature, 'known' | 'effort'> & { readonly body: Buffer },
): Generator<OtherWay & { hashes: number }> {
  const { secrets, otherKeys = [], otherWays, body, fits } = signature;
  for (const variants of [secretVariants(secrets), otherKeys]) {
    for (const { key, ...reason } of variants) yield { ...reason, hashes: 1, fits: () => fits({ keys: [key], body }) };
  }
  for (const way of otherWays?.(body) ?? []) yield { ...way, hashes: signature.keys.length };
}
