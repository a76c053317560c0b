import { setTimeout as sleep } from 'node:timers/promises';
import type { Terminal } from './terminal.ts';
import { createPatience } from './wait-for-history.ts';

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

/** Shows it anew every 2 s, until Ctrl-C. Goes on while the history is away. */
export async function watch({ look, terminal, json }: Watch): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const patiently = createPatience(terminal);
  while (!stop.signal.aborted) {
    const lines = await patiently(look);
    if (json) lines?.forEach((line) => terminal.out(line));
    else if (lines) terminal.out(`${CLEAR}${new Date().toISOString()}  (Ctrl-C ends)\n${lines.join('\n')}`);
    await sleep(REFRESH_MS, undefined, { signal: stop.signal }).catch(() => {});
  }
}
