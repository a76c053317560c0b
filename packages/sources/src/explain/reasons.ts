import { type ErrorCode, type Explanation, type Reason, type ReasonCode, RingbackError } from '@ringback/contracts';

const CODES: Partial<Record<ErrorCode, ReasonCode>> = {
  RB_HEADER_MISSING: 'header-missing',
  RB_SIGN_MISSING: 'header-missing',
  RB_HEADER_INVALID: 'header-invalid',
  RB_ACCOUNT_UNKNOWN: 'unknown-account',
  RB_CALLBACK_STALE: 'stale',
  RB_SIGN_MISMATCH: 'wrong-secret',
};

/** The reason in a refusal. @throws what is no refusal of a request's head or signature */
export function reasonOf(error: unknown): Reason {
  const code = error instanceof RingbackError ? CODES[error.code] : undefined;
  if (code === undefined || !(error instanceof Error)) throw error;
  return { code, text: error.message };
}

/** The reason if `check` throws a refusal. */
export function refusalIn(check: () => unknown): Reason[] {
  try {
    check();
    return [];
  } catch (error) {
    return [reasonOf(error)];
  }
}

export const ON_THE_WAY = 'send and forward the bytes that were signed, unchanged';

export function wrongSecret(secretsOf: string): Reason {
  return {
    code: 'wrong-secret',
    text: `no secret of ${secretsOf} gives this signature, for this body and for none of the changes to it that were tried: the secret differs, or the body was changed in a way that leaves no trace; compare the secret on both sides, then a capture of the bytes at the sender`,
  };
}

/** If only the time is wrong, that is the reason. Otherwise it is named last: an old capture is always stale. */
export function withStale(found: Explanation, stale: readonly Reason[]): Explanation {
  const text = (reason: Reason): Reason =>
    found.reasons.length === 0 && found.isProven ? { ...reason, text: `${reason.text}; the signature itself fits` } : reason;
  return { ...found, reasons: [...found.reasons, ...stale.map(text)] };
}
