import { RingbackError } from '@ringback/contracts';
import { headerText } from '../http/header-text.ts';
import { shownText } from '../http/shown-text.ts';
import type { CallbotAccount } from './config.ts';
import type { CallbotHeaders } from './headers.ts';
import { HEX_DIGITS, verifySign } from './signature.ts';

/** Who a request says it is from. */
type Claim = { readonly source: string; readonly account: CallbotAccount; readonly headers: CallbotHeaders };

/** The refusal of a sign. The caller is told nothing that he could not find out with the same request; the log has who he says he is. */
export function signMismatch({ source, account, headers }: Claim, problem?: string): RingbackError {
  const check = `secrets and algorithm of the account at source ${source}, and that nothing on the way rewrites the body`;
  const facts = { ...named(headers), account: account.uuid, algorithm: algorithmOf(account) };
  const message = `header sign does not fit the request: ${problem === undefined ? `check ${check}` : `${problem}. Check ${check}`}`;
  return new RingbackError('RB_SIGN_MISMATCH', message, { facts });
}

/** @returns RB_ACCOUNT_UNKNOWN; only the log names the uuid. */
export function accountUnknown({ source, headers }: Pick<Claim, 'source' | 'headers'>): RingbackError {
  const facts = { ...named(headers), uuid: shownText(headerText(headers.uuid)) };
  return new RingbackError(
    'RB_ACCOUNT_UNKNOWN',
    `header uuid names no account of source ${source}: add it to the source's accounts`,
    { facts },
  );
}

/** Refuses a sign that no body can make right, before the body is there. @throws RingbackError RB_SIGN_MISMATCH */
export function refuseImpossibleSign(claim: Claim): void {
  const problem = problemOfSign(algorithmOf(claim.account), claim.headers.sign.toString('latin1'));
  if (problem !== undefined) throw signMismatch(claim, problem);
}

function problemOfSign(algorithm: 'md5' | 'sha256', sign: string): string | undefined {
  if (!/^[0-9A-Fa-f]*$/.test(sign)) return 'the sign is no hex';
  const digits = HEX_DIGITS[algorithm];
  if (sign.length !== digits) return `the sign has ${sign.length} digits; ${algorithm} gives ${digits}`;
  return /[a-f]/.test(sign) ? 'the sign has lower-case letters; upper case expected' : undefined;
}

/** What was added to a body on the way, where that is plain. Tells no more than a request with the shorter body would, and costs as much. */
export function problemOfBody({ account, headers }: Claim, body: Buffer): string | undefined {
  let end = body.length;
  while (end > 0 && isSpace(body[end - 1])) end -= 1;
  const bytes = body.length - end;
  if (bytes === 0 || !verifySign(account, headers.sign, { ...headers, body: body.subarray(0, end) })) return undefined;
  return `the sign fits without the ${bytes} byte${bytes === 1 ? '' : 's'} of white space at the end of the body`;
}

/** Space, tab, line feed, carriage return: what JSON may end with. */
function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

function named({ requestID, sign }: CallbotHeaders) {
  return { requestID: headerText(requestID), signLength: sign.length };
}

function algorithmOf({ algorithm = 'md5' }: CallbotAccount): 'md5' | 'sha256' {
  return algorithm;
}
