/** The outcomes of a batch at one output: the ledger's, read and written by the scripts over bodies as well. Its dot, which a callback's key has none of, tells it from a claim. */
export function outcomesKey({ prefix, batch, output }: { prefix: string; batch: string; output: string }): string {
  return `${prefix}:ledger:${batch}.${output}`;
}
