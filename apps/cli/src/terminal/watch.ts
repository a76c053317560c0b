import { setTimeout as sleep } from 'node:timers/promises';
import type { Terminal } from './terminal.ts';

const REFRESH_MS = 2000;
/** Clears the screen. */
const CLEAR = '\u001B[2J\u001B[H';

type Watch = {
  /** The lines of one look. */
  readonly look: () => Promise<readonly string[]>;
  readonly terminal: Terminal;
  /** JSON goes on below what is there. */
  readonly json: boolean;
};

/** Shows it anew every 2 s, until Ctrl-C. */
export async function watch({ look, terminal, json }: Watch): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  while (!stop.signal.aborted) {
    const shown = (await look()).join('\n');
    if (json) terminal.out(shown);
    else terminal.out(`${CLEAR}${new Date().toISOString()}  (Ctrl-C ends)\n${shown}`);
    await sleep(REFRESH_MS, undefined, { signal: stop.signal }).catch(() => {});
  }
}
