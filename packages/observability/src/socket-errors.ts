import type { Server, Socket } from 'node:net';
import type { Logger } from '@ringback/contracts';

/**
 * Node removes its own error listener before `connect` and `upgrade`. An error without one ends the process.
 */
export function keepErrorListener(server: Server): void {
  // Prepended: a later listener may already cause an error.
  server.prependListener('connection', (socket: Socket) => void socket.on('error', ignore));
}

/** Node closes the socket after an error. */
function ignore(): void {}

const SYSCALLS: ReadonlySet<unknown> = new Set(['read', 'write', 'shutdown']);
const CODES: ReadonlySet<unknown> = new Set([
  'ECONNABORTED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTCONN',
  'EPIPE',
  'ETIMEDOUT',
]);

/** A socket system call failed, with a code that no bug of ours has. */
export function isBrokenConnection(error: unknown): boolean {
  if (!(error instanceof Error) || !('syscall' in error && 'code' in error) || 'path' in error) return false;
  return SYSCALLS.has(error.syscall) && CODES.has(error.code);
}

/**
 * Logs a socket error without a listener. Any other uncaught error is a bug: the process ends with exit code
 * 1.
 */
export function surviveBrokenConnections(logger: Logger): void {
  let said = false;
  process.on('uncaughtException', (error, origin) => {
    if (origin === 'uncaughtException' && isBrokenConnection(error)) {
      if (!said) logger.warn({ err: error }, 'a connection broke; it had no error handler');
      said = true;
      return;
    }
    logger.error({ code: 'RB_INTERNAL', err: error }, 'the process ends after a bug');
    process.exit(1);
  });
}
