type Totals = Readonly<Record<string, number>>;

export type Rates = {
  /** Since the process started. */
  readonly totals: Totals;
  /** The same a second, of the last ten seconds. */
  readonly rates: Totals;
};

const WINDOW_MS = 10_000;

/** Each call looks at the totals, and compares them with what earlier calls saw. `now`: monotonic, ms. */
export function createRates({ totals, now }: { totals: () => Totals; now: () => number }): () => Rates {
  let seen: readonly { readonly at: number; readonly totals: Totals }[] = [{ at: now(), totals: totals() }];
  return () => {
    const latest = { at: now(), totals: totals() };
    const recent = seen.filter(({ at }) => latest.at - at <= WINDOW_MS);
    // After a long silence: since the last look.
    const base = recent[0] ?? seen.at(-1) ?? latest;
    seen = [...recent, latest];
    const seconds = (latest.at - base.at) / 1000;
    const rateOf = (name: string, total: number) => (seconds > 0 ? (total - (base.totals[name] ?? 0)) / seconds : 0);
    const rates = Object.entries(latest.totals).map(([name, total]) => [name, rateOf(name, total)] as const);
    return { totals: latest.totals, rates: Object.fromEntries(rates) };
  };
}
