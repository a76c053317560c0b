import { setTimeout as sleep } from 'node:timers/promises';
import type { Terminal } from './terminal.ts';
import { createPatience } from './wait-for-history.ts';

const REFRESH_MS = 2000;
/** Clears the screen. */
const CLEAR = '\u001B[2J\u001B[H';

type Shown = {
  readonly terminal: Terminal;
  /** JSON goes on below what is there. */
  readonly json: boolean;
};

type Watch = Shown & {
  /** The lines of one look. */
  readonly look: () => Promise<readonly string[]>;
};

type WatchOpened<T> = Shown & {
  readonly open: (work: (opened: T) => Promise<void>) => Promise<void>;
  /** `whole`: nothing was missing. */
  readonly look: (opened: T) => Promise<{ readonly lines: readonly string[]; readonly whole: boolean }>;
};

/** Shows it anew every 2 s, until Ctrl-C. Goes on while the history is away. */
export function watch({ look, ...shown }: Watch): Promise<void> {
  return watchOpened({ ...shown, open: (work) => work(undefined), look: async () => ({ lines: await look(), whole: true }) });
}

/** As `watch`. Opens anew what it looks at, while something is missing there. */
export async function watchOpened<T>({ open, look, terminal, json }: WatchOpened<T>): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const patiently = createPatience(terminal);
  const show = (lines: readonly string[]) => {
    if (json) lines.forEach((line) => terminal.out(line));
    else terminal.out(`${CLEAR}${new Date().toISOString()}  (Ctrl-C ends)\n${lines.join('\n')}`);
  };
  const pause = () => sleep(REFRESH_MS, undefined, { signal: stop.signal }).catch(() => {});
  const goOn = async (opened: T) => {
    let isWhole = true;
    while (isWhole && !stop.signal.aborted) {
      const seen = await patiently(() => look(opened));
      if (seen) show(seen.lines);
      isWhole = seen?.whole ?? false;
      if (isWhole) await pause();
    }
  };
  while (!stop.signal.aborted) {
    await patiently(() => open(goOn));
    await pause();
  }
}
