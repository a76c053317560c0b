import { RingbackError } from '@ringback/contracts';
import { headerText } from '../http/header-text.ts';
import { problemOfSpace } from '../http/hex-sign.ts';
import { hmacFits } from '../http/hmac.ts';
import { entriesIn, messageOf, type Signed } from './signature.ts';

const SHA256_BYTES = 32;

export type Claim = {
  readonly source: string;
  readonly id: Buffer;
  /** The header as sent. */
  readonly signature: Buffer;
  readonly signatures: readonly Buffer[];
};

/** MUST tell senders only what they could find out themselves. Facts are for the log. */
export function mismatch({ source, id, signature }: Claim, problem?: string): RingbackError {
  const check = `the secrets of source ${source} (the key is the decoded base64, not its text), and that nothing on the way rewrites the body`;
  return new RingbackError(
    'RB_SIGN_MISMATCH',
    `header webhook-signature does not fit the request: ${problem === undefined ? `check ${check}` : `${problem}. Check ${check}`}`,
    { facts: { requestID: headerText(id), algorithm: 'sha256', signLength: signature.length } },
  );
}

/** @throws RingbackError RB_SIGN_MISMATCH: the signatures fit no body */
export function refuseImpossible(claim: Claim): void {
  if (claim.signatures.some(({ length }) => length === SHA256_BYTES)) return;
  throw mismatch(claim, problemOfForm(claim));
}

function problemOfForm({ signature, signatures: [first] }: Claim): string {
  const [entry] = entriesIn(signature);
  if (entry === undefined) return 'it has no signature of version v1: write v1, before it';
  if (/^[0-9a-f]{64}$/i.test(entry)) return 'the v1 signature is hex; base64 expected';
  if (first === undefined) return 'the v1 signature is no base64';
  return `the v1 signature has ${first.length} bytes; sha256 gives ${SHA256_BYTES}`;
}

/** Never tries other keys: a wrong signature MUST take as long as a right one. */
export function problemOfBody({ signatures }: Claim, keys: readonly Buffer[], signed: Signed): string | undefined {
  return problemOfSpace('it', signed.body, (body) =>
    hmacFits({ keys, algorithm: 'sha256', message: messageOf({ ...signed, body }), signatures }),
  );
}
