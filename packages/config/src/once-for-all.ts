export type OnceForAll = {
  /** Requests a run. Calls before it starts are merged. */
  ask(): void;
  /** No run begins any more. Resolves once none is under way. */
  close(): Promise<void>;
};

/** One run at a time, and at least `interval` ms from one begin to the next. `run` MUST NOT reject. */
export function onceForAll(run: () => Promise<void>, interval: number): OnceForAll {
  let [asked, closed] = [false, false];
  let resting: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  async function next(): Promise<void> {
    resting = setTimeout(rested, interval).unref();
    // Later: the caller goes on first.
    await Promise.resolve();
    asked = false;
    await run();
    running = undefined;
    begin();
  }

  function rested(): void {
    resting = undefined;
    begin();
  }

  function begin(): void {
    if (asked && !closed && resting === undefined) running ??= next();
  }

  return {
    ask() {
      asked = true;
      begin();
    },
    async close() {
      closed = true;
      clearTimeout(resting);
      await running;
    },
  };
}
