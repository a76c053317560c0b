const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  UND_ERR_SOCKET: 'connection reset',
  // The connection ended before the answer did.
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'connection reset',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host not found',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'host unreachable',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
};

/** Codes of Node's TLS layer and of OpenSSL. */
const TLS_CODE = /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

/**
 * Why an attempt got no answer, in words that are safe to log: built from error codes alone, because the messages of network errors hold
 * host names, and those of other errors whatever they were given. `signal` is the attempt's: once it has aborted, that is the reason.
 */
export function failureReason(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return isTimeout(signal.reason) ? 'timeout' : 'aborted';
  const code = errorCode(error);
  if (code === undefined) return 'request failed';
  if (TLS_CODE.test(code)) return `tls: ${code}`;
  if (code.startsWith('HPE_')) return `not an HTTP answer: ${code}`;
  return REASONS[code] ?? `request failed: ${code}`;
}

/** Starts `work` and settles like it, unless `signal` aborts first: then it rejects with the signal's reason, and what becomes of `work` is of no interest. */
export async function unlessAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}

/** The code of an error or of what caused it. Only what looks like one counts: a code ends up in logs. */
function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(error.code)) return error.code;
  return errorCode(error.cause);
}
