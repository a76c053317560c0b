import type { DeliverySettings } from '@ringback/contracts';
import { describe, expect, it } from 'vitest';
import { type BacklogBoundOptions, createBacklogBound } from './backlog-bound.ts';
import type { BacklogBound } from './bodies/bodies.ts';

const MIB = 1024 * 1024;

type Backlog = DeliverySettings['backlog'];

/** Of one of four outputs, where callbacks are taken up to 80 % of the memory. */
function boundOf(backlog: Omit<Backlog, 'over'>, change: Partial<BacklogBoundOptions> & { shards?: number } = {}) {
  const { shards = 1, ...rest } = change;
  const redis = { shards, overload: { memory: { high: 0.8, low: 0.7 } } };
  const output = { delivery: { backlog: { over: 'hold', ...backlog } as const } };
  return createBacklogBound({
    redis,
    outputCount: () => 4,
    output,
    alone: false,
    maxmemory: () => 64 * MIB,
    sharing: () => shards,
    ...rest,
  })();
}

describe('what an output may have in a shard', () => {
  it.each<[string, Omit<Backlog, 'over'>, Parameters<typeof boundOf>[1], BacklogBound]>([
    ['its part of half of the memory', {}, {}, { bytes: Math.floor(6.4 * MIB) }],
    ['no bound without a maxmemory', {}, { maxmemory: () => 0 }, {}],
    ['its share', { max: { share: 0.25 } }, {}, { bytes: 16 * MIB }],
    ['its bytes', { max: { bytes: 1000 } }, { maxmemory: () => 0 }, { bytes: 1000 }],
    ['its number of deliveries as well', { max: { bytes: 1000 }, maxCount: 50 }, {}, { bytes: 1000, held: 50 }],
    ['one shard’s part of both', { max: { bytes: 1000 }, maxCount: 50 }, { shards: 4 }, { bytes: 250, held: 13 }],
    [
      'the whole where all of it is',
      { max: { bytes: 1000 }, maxCount: 50 },
      { shards: 4, alone: true },
      { bytes: 1000, held: 50 },
    ],
    ['a part of the memory that shards have in common', { max: { share: 0.25 } }, { shards: 4 }, { bytes: 4 * MIB }],
  ])('is %s', (_, backlog, change, expected) => {
    expect(boundOf(backlog, change)).toEqual(expected);
  });
});
