import { shardsInWords } from '../reach/shards.ts';

/** A pause that was cut off holds at some of the shards. Undefined: at none. */
export function pausedWords(facts: ReadonlyMap<number, { readonly paused: boolean }>, count: number): string | undefined {
  const paused = [...facts].filter(([, one]) => one.paused).map(([number]) => ({ number }));
  if (paused.length === 0) return undefined;
  return paused.length === facts.size ? 'paused' : `paused only at ${shardsInWords(paused, count)}`;
}
