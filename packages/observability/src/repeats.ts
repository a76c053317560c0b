import type { Logger } from '@ringback/contracts';

/** What repeats. MUST come from the settings and fixed lists: each is remembered for a minute. */
type What = Readonly<Record<string, string | undefined>>;

export type Repeats = {
  /** True: log this one. False: it is only counted. `most`: so many a minute are logged. */
  isLogged(what: What, most: number): boolean;
  /** Logs what was counted until now. */
  flush(): void;
};

type RepeatsOptions = {
  readonly logger: Pick<Logger, 'warn'>;
  /** Of the line that says how many more there were. */
  readonly message: string;
  /** ms. */
  readonly every?: number;
};

type Window = { readonly what: What; readonly since: number; readonly timer: NodeJS.Timeout; logged: number; repeated: number };

const EVERY_MS = 60_000;

/** The first of a kind are logged at once, the rest as one number: once a minute while it lasts, and at the end. */
export function createRepeats({ logger, message, every = EVERY_MS }: RepeatsOptions): Repeats {
  const windows = new Map<string, Window>();

  function end(key: string, { what, since, repeated, timer }: Window): void {
    clearTimeout(timer);
    windows.delete(key);
    if (repeated > 0) logger.warn({ ...what, repeated, seconds: Math.round((performance.now() - since) / 1000) }, message);
  }

  function open(key: string, what: What): Window {
    const timer = setTimeout(() => end(key, window), every).unref();
    const window: Window = { what, since: performance.now(), timer, logged: 0, repeated: 0 };
    windows.set(key, window);
    return window;
  }

  return {
    isLogged(what, most) {
      const key = JSON.stringify(what);
      const window = windows.get(key) ?? open(key, what);
      const isLogged = window.logged < most;
      window[isLogged ? 'logged' : 'repeated'] += 1;
      return isLogged;
    },
    flush() {
      for (const [key, window] of windows) end(key, window);
    },
  };
}
