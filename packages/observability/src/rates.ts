type Rates<Name extends string> = {
  /** Since the process started. */
  readonly totals: Readonly<Record<Name, number>>;
  /** The same a second, of the last ten seconds. */
  readonly rates: Readonly<Record<Name, number>>;
};

const WINDOW_MS = 10_000;

type Watched<Name extends string> = { readonly totals: () => Readonly<Record<Name, number>>; readonly now: () => number };

/** Each call looks at the totals, and compares them with what earlier calls saw. `now`: monotonic, ms. */
export function createRates<Name extends string>({ totals, now }: Watched<Name>): () => Rates<Name> {
  let seen = [{ at: now(), totals: totals() }];
  return () => {
    const latest = { at: now(), totals: totals() };
    const recent = seen.filter(({ at }) => latest.at - at <= WINDOW_MS);
    // After a long silence: since the last look.
    const base = recent[0] ?? seen.at(-1) ?? latest;
    seen = [...recent, latest];
    const seconds = (latest.at - base.at) / 1000;
    const rates: Record<Name, number> = { ...latest.totals };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the names are those of the totals
    for (const name of Object.keys(rates) as Name[])
      rates[name] = seconds > 0 ? (latest.totals[name] - base.totals[name]) / seconds : 0;
    return { totals: latest.totals, rates };
  };
}
