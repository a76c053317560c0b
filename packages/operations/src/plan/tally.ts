const MOST_EXAMPLES = 5;

/** How many, and the requestIDs of the first. */
export type Tally = { readonly count: number; readonly examples: readonly string[] };

export const NONE: Tally = { count: 0, examples: [] };

export function tallied({ count, examples }: Tally, id: string): Tally {
  return { count: count + 1, examples: examples.length < MOST_EXAMPLES ? [...examples, id] : examples };
}
