import { type Reason, REASON_CODES, type ReasonCode } from '@ringback/contracts';
import { ALGORITHM_OF_DIGITS } from './hex-form.ts';

/** Fields of a line about a refusal. Any of them may be absent. */
export type LineFacts = {
  readonly code?: string | undefined;
  readonly source?: string | undefined;
  readonly account?: string | undefined;
  readonly uuid?: string | undefined;
  readonly accessKey?: string | undefined;
  readonly algorithm?: string | undefined;
  readonly signLength?: number | undefined;
  /** What the form of the sign tells: a reason's code. */
  readonly likely?: string | undefined;
  readonly cause?: string | undefined;
};

const OF_CODE: Readonly<Record<string, ReasonCode>> = {
  RB_HEADER_MISSING: 'header-missing',
  RB_SIGN_MISSING: 'header-missing',
  RB_HEADER_INVALID: 'header-invalid',
  RB_ACCOUNT_UNKNOWN: 'unknown-account',
  RB_CALLBACK_STALE: 'stale',
};

const ONLY_LIKELY = 'likely, by the log line alone; capture headers and body to know';

/** What a log line tells without the request. Never proven. `accounts`: those of the settings. */
export function explainFacts(facts: LineFacts, accounts: readonly string[]): Reason[] {
  const { code = '' } = facts;
  const told = OF_CODE[code];
  if (told === 'unknown-account') return [reason(told, unknownText(facts, accounts))];
  if (told !== undefined) return [reason(told, TEXTS[told] ?? `the request was refused with ${code}`)];
  if (code !== 'RB_SIGN_MISMATCH' && code !== 'RB_SIGN_FAILING') return [];
  const known = [facts.likely, facts.cause].flatMap((word) => REASON_CODES.find((one) => one === word) ?? []);
  const byLength = ALGORITHM_OF_DIGITS[facts.signLength ?? 0];
  const differs = byLength !== undefined && facts.algorithm !== undefined && byLength !== facts.algorithm;
  const codes: ReasonCode[] = [...known, ...(differs ? ['wrong-algorithm' as const] : []), 'wrong-secret'];
  const length = differs ? `the sign has the length of ${byLength}, and the account is set to ${facts.algorithm}` : '';
  return [...new Set(codes)].map((of) =>
    reason(of, of === 'wrong-algorithm' && differs ? length : (TEXTS[of] ?? `the cause was ${of}`)),
  );
}

function reason(code: ReasonCode, text: string): Reason {
  return { code, text: `${text} (${ONLY_LIKELY})` };
}

const TEXTS: Partial<Record<ReasonCode, string>> = {
  'header-missing': 'a required header is missing: the sender must send it, and proxies must pass it on',
  'header-invalid': 'a header is empty, sent twice, or has a wrong form',
  stale: "the time of the signature is too far from our clock: check both clocks, or raise the source's maxSkew or tolerance",
  'wrong-algorithm': 'the sign has the length of another algorithm: set the same on both sides',
  'lower-case': 'the sign has lower-case letters: the sender must write its hex in upper case',
  'upper-case': 'the sign has upper-case letters: the sender must write its hex in lower case',
  'other-encoding': 'the sign is written in another encoding than the settings say',
  'wrong-secret': 'the secret differs, or the body was changed after it was signed: compare the secret on both sides',
};

function unknownText({ uuid, accessKey, source = 'the source' }: LineFacts, accounts: readonly string[]): string {
  const id = uuid ?? accessKey;
  if (id === undefined) return `no account of ${source} has the id that was sent`;
  if (accounts.includes(id))
    return `the settings know account ${id} by now: restart or reload the ingress, or ask the one that refused for its settings`;
  return `no account of ${source} has the id ${id}: add it to the source's accounts, or correct it at the sender`;
}
