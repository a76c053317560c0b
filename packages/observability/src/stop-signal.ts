/** npx sends each Ctrl-C a second time, at once. */
const SAME_SIGNAL_WITHIN_MS = 500;

/** Supervisors repeat SIGTERM: ignored. A second Ctrl-C, later, ends the process at once. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const interrupt = (signal: NodeJS.Signals) => {
      resolve(signal);
      setTimeout(() => process.off('SIGINT', interrupt), SAME_SIGNAL_WITHIN_MS).unref();
    };
    process.on('SIGINT', interrupt);
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, resolve);
  });
}
