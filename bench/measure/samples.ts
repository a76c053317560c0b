export type Spread = { readonly median: number; readonly min: number; readonly max: number };

/** In the order of rounds. */
export type Samples = {
  add(who: string, figures: Readonly<Record<string, number>>): void;
  /** Empty: not measured. */
  values(who: string, what: string): readonly number[];
  spread(who: string, what: string): Spread | undefined;
  all(): Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
};

export function createSamples(): Samples {
  const byWho: Record<string, Record<string, number[]>> = {};
  const values = (who: string, what: string) => byWho[who]?.[what] ?? [];
  return {
    add(who, figures) {
      const own = (byWho[who] ??= {});
      for (const [what, value] of Object.entries(figures)) (own[what] ??= []).push(value);
    },
    values,
    spread: (who, what) => spreadOf(values(who, what)),
    all: () => byWho,
  };
}

/** Undefined without values, or with NaN. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0 || values.some(Number.isNaN)) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, min: at(0), max: at(sorted.length - 1) };
}
