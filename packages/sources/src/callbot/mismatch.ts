import { RingbackError } from '@ringback/contracts';
import { headerText } from '../http/header-text.ts';
import { problemOfHex, problemOfSpace } from '../http/hex-sign.ts';
import { shownText } from '../http/shown-text.ts';
import type { CallbotAccount } from './config.ts';
import type { CallbotHeaders } from './headers.ts';
import { verifySign } from './signature.ts';

type Claim = { readonly source: string; readonly account: CallbotAccount; readonly headers: CallbotHeaders };

/** MUST tell senders only what they could find out themselves. Facts are for the log. */
export function signMismatch({ source, account, headers }: Claim, problem?: string): RingbackError {
  const check = `secrets and algorithm of the account at source ${source}, and that nothing on the way rewrites the body`;
  const facts = { ...named(headers), account: account.uuid, algorithm: account.algorithm };
  const message = `header sign does not fit the request: ${problem === undefined ? `check ${check}` : `${problem}. Check ${check}`}`;
  return new RingbackError('RB_SIGN_MISMATCH', message, { facts });
}

/** Only the log names the uuid. */
export function accountUnknown({ source, headers }: Pick<Claim, 'source' | 'headers'>): RingbackError {
  const facts = { ...named(headers), uuid: shownText(headerText(headers.uuid)) };
  return new RingbackError(
    'RB_ACCOUNT_UNKNOWN',
    `header uuid names no account of source ${source}: add it to the source's accounts`,
    { facts },
  );
}

/** @throws RingbackError RB_SIGN_MISMATCH: the sign fits no body */
export function refuseImpossibleSign(claim: Claim): void {
  const { algorithm } = claim.account;
  const problem = problemOfHex(claim.headers.sign.toString('latin1'), { algorithm, letters: 'upper' });
  if (problem !== undefined) throw signMismatch(claim, problem);
}

export function problemOfBody({ account, headers }: Claim, body: Buffer): string | undefined {
  return problemOfSpace('the sign', body, (shorter) => verifySign(account, headers.sign, { ...headers, body: shorter }));
}

function named({ requestID, sign }: CallbotHeaders) {
  return { requestID: headerText(requestID), signLength: sign.length };
}
