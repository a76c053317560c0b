/** Why a signature does not fit, for scripts. `docs/verify.md` has a line for each. */
export const REASON_CODES = [
  'wrong-algorithm',
  'wrong-secret',
  'reserialised',
  'trailing-newline',
  'lower-case',
  'header-missing',
  'unknown-account',
  'stale',
  'upper-case',
  'header-invalid',
  'other-header',
  'other-account',
  'other-encoding',
  'other-charset',
  'other-signed-text',
  'decoded-escapes',
  'line-endings',
  'empty-body',
  'padded-secret',
  'trimmed-secret',
  'secret-encoding',
] as const;
export type ReasonCode = (typeof REASON_CODES)[number];

/** `text` says what to mend, and on which side. MUST hold no secret, no right sign and nothing of a body. */
export type Reason = { readonly code: ReasonCode; readonly text: string };

export type Explanation = {
  /** Id of the configured account that the request names. */
  readonly account?: string;
  /** Likeliest first. Empty: the request is right. */
  readonly reasons: readonly Reason[];
  /** Whether the request would be right if all reasons were mended. If not, they are only likely. */
  readonly isProven: boolean;
  /** What was not tried, and why, in words. Absent: nothing was left out. Tells nothing if `isProven`. */
  readonly untried?: string;
};

/** How much an explanation may cost. What is left then is `untried`. */
export type Effort = {
  /** How many bytes may be written and hashed, about. */
  readonly bytes: number;
};

/** Work in small steps, so that a process that serves can do other things in between. */
export type Explaining = Generator<void, Explanation>;
