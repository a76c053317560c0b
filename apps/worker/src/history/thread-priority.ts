import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** As `nice` counts: 0 is usual, 19 the least. */
const PRIORITY = 5;

/**
 * Where cores are short, deliveries go first and the history lags. On Linux each thread has a priority of its own, and
 * `/proc/thread-self` names the thread that reads it. Elsewhere nothing changes.
 */
export function lowerThreadPriority(): void {
  try {
    const thread = readlinkSync('/proc/thread-self').split('/').at(-1);
    setPriority(Number(thread), PRIORITY);
  } catch {
    // No Linux, or it is forbidden.
  }
}
