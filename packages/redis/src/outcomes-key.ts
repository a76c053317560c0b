/** Begins every key of the ledger: of a claim, followed by the callback's key, and of outcomes. */
export const ledgerKeyStart = (prefix: string) => `${prefix}:ledger:`;

/** The dot tells it from a claim: a callback's key has none. */
export function outcomesKey({ prefix, batch, output }: { prefix: string; batch: string; output: string }): string {
  return `${ledgerKeyStart(prefix)}${batch}.${output}`;
}
