/** One look then serves several callers. */
const SOON_MS = 5;

export type RepeatedLook = {
  soon(): void;
  close(): void;
};

export type RepeatedLookOptions = {
  /** MUST NOT reject. Resolves to the ms until the next look. */
  readonly look: () => Promise<number>;
};

/** One look at a time. Keeps no process alive. */
export function repeatLook({ look }: RepeatedLookOptions): RepeatedLook {
  let timer: NodeJS.Timeout | undefined;
  let [running, asked, closed] = [false, false, false];

  async function round(): Promise<void> {
    [running, asked] = [true, false];
    const next = await look();
    running = false;
    schedule(asked ? SOON_MS : next);
  }

  function schedule(ms: number): void {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(() => void round(), ms).unref();
  }

  schedule(0);
  return {
    soon() {
      if (asked) return;
      asked = true;
      if (!running) schedule(SOON_MS);
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
