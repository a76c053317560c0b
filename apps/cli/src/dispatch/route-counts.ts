import { type readRouteCounts, sumOfRouteCounts } from '@ringback/queue';

type Counts = Awaited<ReturnType<typeof readRouteCounts>>;

/** Of all shards together. */
export function countLines(counts: readonly Counts[]): string[] {
  const { dropped, unkept } = sumOfRouteCounts(counts);
  const inWords = (named: Counts['dropped']) => named.map(({ name, count }) => `${name}: ${count}`).join(', ');
  return [
    ...(dropped.length > 0 ? [`dropped by routes so far: ${inWords(dropped)}`] : []),
    ...(unkept.length > 0 ? [`lost so far because the quarantine was full: ${inWords(unkept)}`] : []),
  ];
}
