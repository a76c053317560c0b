import { closeSync, constants, openSync } from 'node:fs';

/** npx sends each Ctrl-C a second time, at once. */
const SAME_SIGNAL_WITHIN_MS = 500;

/**
 * Supervisors repeat SIGTERM: ignored. A second Ctrl-C, later, ends the process at once. SIGHUP asks for new settings,
 * unless it tells that the terminal has gone.
 */
export function stopSignal(onReload: () => void): Promise<NodeJS.Signals> {
  const terminalIsGone = watchTerminal();
  return new Promise((resolve) => {
    const interrupt = (signal: NodeJS.Signals) => {
      resolve(signal);
      setTimeout(() => process.off('SIGINT', interrupt), SAME_SIGNAL_WITHIN_MS).unref();
    };
    process.on('SIGINT', interrupt);
    process.on('SIGTERM', resolve);
    process.on('SIGHUP', (signal) => (terminalIsGone() ? resolve(signal) : onReload()));
  });
}

/** Tells whether the terminal of now was closed. Without one, never. */
export function watchTerminal(): () => boolean {
  const hadTerminal = hasTerminal();
  return () => hadTerminal && !hasTerminal();
}

/** A terminal that was closed is no longer the one of its processes. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}
