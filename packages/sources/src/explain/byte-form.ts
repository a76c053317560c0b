import type { Reason } from '@ringback/contracts';
import { type Algorithm, decodeSignature } from '../http/hmac.ts';

const ALGORITHM_OF_BYTES: Readonly<Record<number, Algorithm>> = { 20: 'sha1', 32: 'sha256', 48: 'sha384', 64: 'sha512' };

type Encoding = 'hex' | 'base64';
type Expected = { readonly encoding: Encoding; readonly algorithm: Algorithm };

export function algorithmOf(signature: Buffer | undefined): Algorithm | undefined {
  return ALGORITHM_OF_BYTES[signature?.length ?? 0];
}

/** Signatures of an HMAC in any encoding, and what their form tells without any secret. */
export function readForm(
  texts: readonly string[],
  { encoding, algorithm }: Expected,
): { signatures: readonly Buffer[]; reasons: readonly Reason[] } {
  const right = texts.flatMap((text) => decodeSignature(text, encoding) ?? []);
  const known = right.filter((signature) => algorithmOf(signature) !== undefined);
  // Hex of a SHA-256 is base64 of 48 bytes as well.
  const isHex = encoding === 'base64' && texts.some((text) => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(text));
  if (known.length > 0 && !isHex) return { signatures: known, reasons: lengthReason(known, algorithm) };
  const other = texts.flatMap((text) => inOtherForm(text, encoding));
  const text = `the signature is not in ${encoding}: the sender must write it so, or the settings must say how it is written`;
  return {
    signatures: other,
    reasons: [{ code: 'other-encoding', text }, ...(other.length > 0 ? lengthReason(other, algorithm) : [])],
  };
}

function inOtherForm(text: string, encoding: Encoding): Buffer[] {
  const bytes =
    encoding === 'base64' && /^(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  return algorithmOf(bytes) === undefined ? [] : [bytes];
}

function lengthReason(signatures: readonly Buffer[], expected: Algorithm): Reason[] {
  if (signatures.some((signature) => algorithmOf(signature) === expected)) return [];
  const [first] = signatures;
  const text = `the signature has the length of ${algorithmOf(first)}, and ${expected} is expected: set the same algorithm on both sides`;
  return [{ code: 'wrong-algorithm', text }];
}
