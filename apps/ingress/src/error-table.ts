import { type ErrorCode, RingbackError, type Source } from '@ringback/contracts';

/** A source may answer in another way. */
const STATUS = {
  RB_HEADER_MISSING: 400,
  RB_HEADER_INVALID: 400,
  RB_SIGN_MISSING: 401,
  RB_SIGN_MISMATCH: 401,
  RB_ACCOUNT_UNKNOWN: 401,
  RB_ADDRESS_REFUSED: 401,
  RB_CALLBACK_STALE: 400,
  RB_BODY_MALFORMED: 400,
  RB_BODY_INCOMPLETE: 400,
  RB_BODY_INVALID: 400,
  RB_BODY_TOO_LARGE: 413,
  RB_PATH_UNKNOWN: 404,
  RB_HTTP_MALFORMED: 400,
  RB_QUEUE_UNAVAILABLE: 503,
  RB_REDIS_REFUSES: 503,
  RB_SHARDS_DIFFER: 503,
  RB_RESHARDING: 503,
  RB_OVERLOADED: 503,
  RB_DURABILITY_UNMET: 503,
  RB_SPOOL_FULL: 503,
  RB_SPOOL_FAILED: 503,
  RB_INTERNAL: 500,
} as const satisfies Partial<Record<ErrorCode, number>>;

const known: Partial<Record<ErrorCode, number>> = STATUS;

/** Codes of refusals that are our fault: nothing is wrong with the callback. Alerts, objectives and the runbook name them. */
export const OUR_FAULT = Object.entries(STATUS).flatMap(([code, status]) => (status >= 500 ? [code] : []));

export class HttpRefusal extends RingbackError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, http: { status: number; headers?: Record<string, string>; cause?: unknown }) {
    super(code, message, { cause: http.cause });
    this.status = http.status;
    this.headers = http.headers ?? {};
  }
}

export type ErrorRow = {
  readonly code: ErrorCode;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
};

export function errorRow(error: unknown): ErrorRow {
  if (error instanceof HttpRefusal) return error;
  const status = error instanceof RingbackError ? known[error.code] : undefined;
  return error instanceof RingbackError && status !== undefined
    ? { code: error.code, status }
    : { code: 'RB_INTERNAL', status: STATUS.RB_INTERNAL };
}

/** Unknown errors are bugs. */
export function asRingbackError(error: unknown, limits: { bodyLimit: number }): unknown {
  if (error instanceof RingbackError || !(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : error.name;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return bodyTooLarge(limits.bodyLimit);
  if ('statusCode' in error && typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 500) {
    return new RingbackError('RB_HTTP_MALFORMED', `the request cannot be accepted (${code})`, { cause: error });
  }
  return error;
}

/** As Node's own server. */
const STATUS_OF_NODE: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};

export function malformedHttp(failure: Error): HttpRefusal {
  const code = 'code' in failure ? String(failure.code) : failure.message;
  const status = STATUS_OF_NODE[code] ?? 400;
  return new HttpRefusal('RB_HTTP_MALFORMED', `not a request that can be read (${code})`, { status, cause: failure });
}

export function methodRefused({ methods, greetMethods = [] }: Pick<Source, 'methods' | 'greetMethods'>): HttpRefusal {
  const allow = [...methods, ...greetMethods].join(', ');
  return new HttpRefusal('RB_PATH_UNKNOWN', `callbacks come here by ${methods.join(', ')}`, { status: 405, headers: { allow } });
}

export function bodyTooLarge(bodyLimit: number): RingbackError {
  return new RingbackError('RB_BODY_TOO_LARGE', `the body is larger than ${bodyLimit} bytes (ingress.bodyLimit)`);
}
