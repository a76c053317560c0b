// npm told to stop ends only the shell between it and us; killed, it ends nothing. We get no signal.
import { readFileSync } from 'node:fs';

const EVERY_MS = 250;

/** Linux only. */
function parentOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) \S /, '')
      .split(' ')[0];
  } catch {
    return undefined;
  }
}

/** The shell in which npm runs a script. If the shell replaced itself by the script, our parent is npm. */
function isScriptShell(pid) {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'sh';
  } catch {
    return false;
  }
}

/** @returns {(onGone: () => void) => void} calls back once when npm is gone; never without npm */
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
