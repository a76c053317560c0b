import { RingbackError } from '@ringback/contracts';

/** For a log line. What is no error of ours is a bug, and needs its stack. */
export function problemOf(error: unknown): { readonly code: string; readonly reason?: string; readonly err?: unknown } {
  return error instanceof RingbackError ? { code: error.code, reason: error.message } : { code: 'RB_INTERNAL', err: error };
}
