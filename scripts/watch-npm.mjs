// npm that is told to stop ends the shell between it and us, and no more; npm that is killed ends nothing. Neither sends us a signal.
import { readFileSync } from 'node:fs';

const EVERY_MS = 250;

/** The parent of a process, where the system shows it (Linux). */
function parentOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) \S /, '')
      .split(' ')[0];
  } catch {
    return undefined;
  }
}

/** Whether this is the shell in which npm runs a script. (Some shells make way for the script: then our parent is npm itself, and its own parent none of our business.) */
function isScriptShell(pid) {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'sh';
  } catch {
    return false;
  }
}

/**
 * Watches the npm that runs this script.
 * @returns {(onGone: () => void) => void} calls back, once, when npm is gone; never where no npm runs this
 */
export function watchNpm() {
  if (process.env.npm_lifecycle_event === undefined) return () => {};
  const parent = process.ppid;
  const grandparent = isScriptShell(parent) ? parentOf(parent) : undefined;
  const isGone = () => process.ppid !== parent || (grandparent !== undefined && parentOf(parent) !== grandparent);
  return (onGone) => {
    const timer = setInterval(() => {
      if (!isGone()) return;
      clearInterval(timer);
      onGone();
    }, EVERY_MS);
    timer.unref();
  };
}
