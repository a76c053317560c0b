import { RingbackError } from '@ringback/contracts';
import { headerText } from '../http/header-text.ts';
import { shownText } from '../http/shown-text.ts';
import { withoutTrailingSpace } from '../http/trailing-space.ts';
import type { CallbotAccount } from './config.ts';
import type { CallbotHeaders } from './headers.ts';
import { HEX_DIGITS, verifySign } from './signature.ts';

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
  const problem = problemOfSign(claim.account.algorithm, claim.headers.sign.toString('latin1'));
  if (problem !== undefined) throw signMismatch(claim, problem);
}

function problemOfSign(algorithm: 'md5' | 'sha256', sign: string): string | undefined {
  if (!/^[0-9A-Fa-f]*$/.test(sign)) return 'the sign is no hex';
  const digits = HEX_DIGITS[algorithm];
  if (sign.length !== digits) return `the sign has ${sign.length} digits; ${algorithm} gives ${digits}`;
  return /[a-f]/.test(sign) ? 'the sign has lower-case letters; upper case expected' : undefined;
}

/** A request with the shorter body would tell as much. */
export function problemOfBody({ account, headers }: Claim, body: Buffer): string | undefined {
  const trimmed = withoutTrailingSpace(body);
  const bytes = body.length - trimmed.length;
  if (bytes === 0 || !verifySign(account, headers.sign, { ...headers, body: trimmed })) return undefined;
  return `the sign fits without the ${bytes} byte${bytes === 1 ? '' : 's'} of white space at the end of the body`;
}

function named({ requestID, sign }: CallbotHeaders) {
  return { requestID: headerText(requestID), signLength: sign.length };
}
