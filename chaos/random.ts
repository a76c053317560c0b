import { createHash } from 'node:crypto';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Choices that repeat with their seed. */
export type Random = {
  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number;
  /** True `probability` (0…1) of the time. */
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
  /** A stream of its own: what one part of a run draws MUST NOT depend on how often another one has drawn. */
  fork(name: string): Random;
};

/** A stream of choices that depends on `seed` alone. */
export function createRandom(seed: string): Random {
  const generator = xoroshiro128plus(createHash('sha256').update(seed).digest().readInt32LE());
  const int = (min: number, max: number) => uniformInt(generator, min, max);
  return {
    int,
    chance: (probability) => int(0, 999_999) < probability * 1_000_000,
    pick<T>(choices: readonly T[]): T {
      const index = int(0, choices.length - 1);
      if (choices.length === 0) throw new RangeError('nothing to choose from');
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the index is within the array
      return choices[index] as T;
    },
    fork: (name) => createRandom(`${seed} ${name}`),
  };
}
