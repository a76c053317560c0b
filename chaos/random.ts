import { createHash } from 'node:crypto';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Repeatable by seed. */
export type Random = {
  /** Both included. */
  int(min: number, max: number): number;
  /** 0–1. */
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
  /** Its own stream: how often one part draws MUST NOT affect another. */
  fork(name: string): Random;
};

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
