/**
 * Resolves with the first signal that asks the process to stop. Supervisors repeat SIGTERM and pass signals on to whole groups, so a repetition changes nothing; only a person's second
 * Ctrl-C ends the process at once.
 */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve);
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, resolve);
  });
}
