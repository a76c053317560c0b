import { type ErrorCode, RingbackError } from '@ringback/contracts';

export type ErrorRow = { readonly status: 400 | 401 | 413 | 500 | 503; readonly retCode: number };

/**
 * Every reason for which a request is refused, as the provider sees it. `retCode` is out of the provider's own list (callbot v3: 1 general error, 2 missing parameter,
 * 3 format error, 4 invalid value, 4001 content too large, 5001 internal error, 6 incorrect signature, 6001 missing signature, 6002 account does not exist, 6003 no permission, 7 system busy).
 */
const ROWS = {
  RB_HEADER_MISSING: { status: 400, retCode: 2 },
  RB_HEADER_INVALID: { status: 400, retCode: 4 },
  RB_SIGN_MISSING: { status: 401, retCode: 6001 },
  RB_SIGN_MISMATCH: { status: 401, retCode: 6 },
  RB_ACCOUNT_UNKNOWN: { status: 401, retCode: 6002 },
  RB_ADDRESS_REFUSED: { status: 401, retCode: 6003 },
  RB_CALLBACK_STALE: { status: 400, retCode: 4 },
  RB_BODY_MALFORMED: { status: 400, retCode: 3 },
  RB_BODY_INCOMPLETE: { status: 400, retCode: 2 },
  RB_BODY_INVALID: { status: 400, retCode: 4 },
  RB_BODY_TOO_LARGE: { status: 413, retCode: 4001 },
  RB_PATH_UNKNOWN: { status: 400, retCode: 1 },
  RB_HTTP_MALFORMED: { status: 400, retCode: 3 },
  RB_QUEUE_UNAVAILABLE: { status: 503, retCode: 7 },
  RB_REDIS_REFUSES: { status: 503, retCode: 7 },
  RB_OVERLOADED: { status: 503, retCode: 7 },
  RB_DURABILITY_UNMET: { status: 503, retCode: 7 },
  RB_SPOOL_FULL: { status: 503, retCode: 7 },
  RB_SPOOL_FAILED: { status: 503, retCode: 7 },
  RB_INTERNAL: { status: 500, retCode: 5001 },
} as const satisfies Partial<Record<ErrorCode, ErrorRow>>;

const rows: Partial<Record<ErrorCode, ErrorRow>> = ROWS;

/** The row of an error's code. An error without one is a bug of ours. */
export function errorRow(error: unknown): ErrorRow & { code: ErrorCode } {
  const row = error instanceof RingbackError ? rows[error.code] : undefined;
  return error instanceof RingbackError && row ? { code: error.code, ...row } : { code: 'RB_INTERNAL', ...ROWS.RB_INTERNAL };
}

/** What Fastify and Node refuse before a route sees it, in our codes. Anything unknown passes unchanged, and ends as a bug. */
export function asRingbackError(error: unknown, limits: { bodyLimit: number }): unknown {
  if (error instanceof RingbackError || !(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : error.name;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return bodyTooLarge(limits.bodyLimit);
  }
  if ('statusCode' in error && typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 500) {
    return new RingbackError('RB_HTTP_MALFORMED', `not a request that can be taken (${code})`, { cause: error });
  }
  return error;
}

export function bodyTooLarge(bodyLimit: number): RingbackError {
  return new RingbackError('RB_BODY_TOO_LARGE', `the body is larger than ${bodyLimit} bytes (ingress.bodyLimit)`);
}
