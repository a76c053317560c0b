import { RingbackError } from '@ringback/contracts';
import { DatabaseError } from 'pg';

type Kind = 'RB_HISTORY_UNAVAILABLE' | 'RB_HISTORY_UNUSABLE';

/** By SQLSTATE, or its class: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const WORDS: Readonly<Record<string, readonly [Kind, string]>> = {
  '08': ['RB_HISTORY_UNAVAILABLE', 'the connection is lost'],
  '28': ['RB_HISTORY_UNAVAILABLE', 'it refuses our user: see user and password in history.url, and pg_hba.conf of the server'],
  '3D000': ['RB_HISTORY_UNAVAILABLE', 'it has no such database: create it, or name another one in history.url'],
  '25006': ['RB_HISTORY_UNAVAILABLE', 'it is read-only: a standby, or default_transaction_read_only. Connect to the primary'],
  '40001': ['RB_HISTORY_UNAVAILABLE', 'other writers were in the way'],
  '40P01': ['RB_HISTORY_UNAVAILABLE', 'other writers were in the way'],
  '42P01': ['RB_HISTORY_UNAVAILABLE', 'tables of ours are missing: they were removed while we run, and are made anew'],
  '53100': ['RB_HISTORY_UNAVAILABLE', 'its disk is full: make room'],
  '53300': ['RB_HISTORY_UNAVAILABLE', 'it takes no more connections: raise max_connections, or end other clients'],
  '53': ['RB_HISTORY_UNAVAILABLE', 'it is short of memory or another resource: see its log'],
  '55P03': ['RB_HISTORY_UNAVAILABLE', 'another session holds a lock for too long: see pg_locks'],
  '57014': ['RB_HISTORY_UNAVAILABLE', 'it did not answer in time'],
  '57': ['RB_HISTORY_UNAVAILABLE', 'it is shutting down, starting or was told to end our session'],
  '58': ['RB_HISTORY_UNAVAILABLE', 'its disk fails to read or write: see its log'],
  XX001: ['RB_HISTORY_UNUSABLE', 'its data is damaged: see its log, and restore a backup'],
  XX002: ['RB_HISTORY_UNUSABLE', 'an index is damaged: REINDEX SCHEMA mends it'],
};

/** Host, port and database: never user, password or URL. */
export type ServerName = string;

/**
 * What the database, its driver or the network throws, as one of ours. A bug stays an error without a code. The cause
 * keeps no details: these hold values of rows.
 */
export function historyError(error: unknown, server: ServerName): unknown {
  if (error instanceof RingbackError) return error;
  if (!(error instanceof DatabaseError) && !(error instanceof SqlError))
    return isBug(error) ? error : unavailable(server, reasonOf(error));
  const cause = error instanceof SqlError ? error : new SqlError(error.code ?? '', error.message);
  const { state } = cause;
  const known = WORDS[state] ?? WORDS[state.slice(0, 2)];
  if (known === undefined) return cause;
  return new RingbackError(known[0], `the history in PostgreSQL (${server}) cannot be used: ${known[1]}`, { cause });
}

/** An error of PostgreSQL without its details. */
export class SqlError extends Error {
  readonly state: string;

  constructor(state: string, message: string) {
    super(message);
    this.name = 'SqlError';
    this.state = state;
  }
}

/** The SQLSTATE behind an error of `historyError`. */
export function stateOf(error: unknown): string | undefined {
  if (error instanceof SqlError) return error.state;
  return error instanceof RingbackError ? stateOf(error.cause) : undefined;
}

export function unusable(server: ServerName, words: string): RingbackError {
  return new RingbackError('RB_HISTORY_UNUSABLE', `the history in PostgreSQL (${server}) cannot be used: ${words}`);
}

export function unavailable(server: ServerName, words: string): RingbackError {
  return new RingbackError('RB_HISTORY_UNAVAILABLE', `the history in PostgreSQL (${server}) cannot be reached: ${words}`);
}

function isBug(error: unknown): boolean {
  const isCoded = error instanceof Error && 'code' in error;
  return (
    !isCoded &&
    (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError || error instanceof ReferenceError)
  );
}

const TLS_WORDS: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'history.tls.ca is not the CA that signed its certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by a CA that history.tls.ca does not name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself: name it in history.tls.ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'history.tls.ca is not the CA that signed its certificate',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name: set history.tls.servername to that name',
};

/** The driver's own errors have no code; their texts are in English and hold no secret. */
function reasonOf(error: unknown): string {
  const failure = error instanceof AggregateError ? error.errors[0] : error;
  if (!(failure instanceof Error)) return String(failure);
  const code = 'code' in failure && typeof failure.code === 'string' ? failure.code : undefined;
  if (code === undefined) return failure.message;
  return TLS_WORDS[code] ?? code;
}

export const isUnavailable = (error: unknown): boolean =>
  error instanceof RingbackError && error.code === 'RB_HISTORY_UNAVAILABLE';
