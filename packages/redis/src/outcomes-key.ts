/** The dot tells it from a claim: a callback's key has none. */
export function outcomesKey({ prefix, batch, output }: { prefix: string; batch: string; output: string }): string {
  return `${prefix}:ledger:${batch}.${output}`;
}
