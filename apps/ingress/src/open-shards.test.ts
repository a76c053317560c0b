import { expect, it } from 'vitest';
import { overloadOfShard } from './open-shards.ts';

it('divides the depth of the installation among its shards, and not the memory, which is that of each primary', () => {
  const memory = { high: 0.8, low: 0.7 };
  expect(overloadOfShard({ memory, depth: { high: 1000, low: 500 } }, 1)).toEqual({ memory, depth: { high: 1000, low: 500 } });
  expect(overloadOfShard({ memory, depth: { high: 1000, low: 500 } }, 16)).toEqual({ memory, depth: { high: 63, low: 32 } });
  expect(overloadOfShard({ memory }, 16)).toEqual({ memory, depth: undefined });
});
