import type { Server, Socket } from 'node:net';
import type { Logger } from '@ringback/contracts';

/**
 * Gives every connection of a server an error listener that stays for its whole life. Node takes its own away before it emits `connect` and `upgrade`,
 * and an error without a listener ends the process.
 */
export function keepErrorListener(server: Server): void {
  // The first listener, so that none that comes later can fail before it.
  server.prependListener('connection', (socket: Socket) => void socket.on('error', ignore));
}

/** Node closes the socket after an error: whoever works with it is told by `close`. */
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

/** True for what Node says of a connection that broke: a system call on a socket, with a code that no bug of ours has. */
export function isBrokenConnection(error: unknown): boolean {
  if (!(error instanceof Error) || !('syscall' in error && 'code' in error) || 'path' in error) return false;
  return SYSCALLS.has(error.syscall) && CODES.has(error.code);
}

/**
 * The last resort for a socket that nobody listens to: its error is logged, once, and the process goes on. Any other uncaught error is a bug
 * and ends the process with exit code 1, as without this.
 */
export function surviveBrokenConnections(logger: Logger): void {
  let said = false;
  process.on('uncaughtException', (error, origin) => {
    if (origin === 'uncaughtException' && isBrokenConnection(error)) {
      if (!said) logger.warn({ err: error }, 'a connection broke, and nothing listened to it');
      said = true;
      return;
    }
    logger.error({ code: 'RB_INTERNAL', err: error }, 'the process ends after a bug');
    process.exit(1);
  });
}
