import type { HistoryEvent } from '@ringback/history';

const MINUTE_MS = 60_000;
/** Minutes that are kept while Redis is away. The oldest go first. */
const MOST_MINUTES = 60;

/** A request that was refused, and not why in words. */
export type Refusal = { readonly source?: string | undefined; readonly code: string };

type Counts = Map<string, { readonly source?: string; readonly code: string; count: number }>;

export type RefusalCountsOptions = {
  /** Resolves to whether Redis has it. */
  readonly offer: (event: HistoryEvent) => Promise<boolean>;
  readonly process: string;
  /** ms since the epoch. */
  readonly now: () => number;
};

/** Refusals of this process by source and code, for the history. Callbacks never wait for it. */
export function createRefusalCounts({ offer, process, now }: RefusalCountsOptions) {
  const minutes = new Map<number, Counts>();
  const minuteOf = (time: number) => Math.floor(time / MINUTE_MS) * MINUTE_MS;

  /** Those of minutes that are over, the oldest first. */
  async function tell(until = minuteOf(now())): Promise<void> {
    for (const [minute, counts] of minutes) {
      if (minute >= until) continue;
      if (!(await offer({ v: 1, kind: 'refused', process, minute, counts: [...counts.values()] }))) return;
      minutes.delete(minute);
    }
  }
  const timer = setInterval(() => void tell(), MINUTE_MS).unref();

  return {
    count: ({ source, code }: Refusal): void => {
      const minute = minuteOf(now());
      const counts: Counts = minutes.get(minute) ?? new Map();
      minutes.set(minute, counts);
      const known = counts.get(`${source} ${code}`);
      if (known) known.count += 1;
      else counts.set(`${source} ${code}`, { ...(source !== undefined && { source }), code, count: 1 });
      const [oldest] = minutes.keys();
      if (minutes.size > MOST_MINUTES && oldest !== undefined) minutes.delete(oldest);
    },
    /** With the minute that is not over yet. */
    close: async (): Promise<void> => {
      clearInterval(timer);
      await tell(Infinity);
    },
  };
}
