import { shardsInWords } from '../reach/shards.ts';

/** A pause that was cut off holds at some of the shards. */
export function pausedOnlyAt(pausedShards: readonly number[], count: number): string {
  return `paused only at ${shardsInWords(
    pausedShards.map((number) => ({ number })),
    count,
  )}`;
}
