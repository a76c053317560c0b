import { expect, it } from 'vitest';
import { callbackKey } from './callback.ts';
import { createShardFinder, homeShardOf, partOfShard, placeOfKey, shardOf } from './shard-of.ts';

const keys = Array.from({ length: 20_000 }, (_, index) => callbackKey({ source: 'callbot', account: 'a', id: `r${index}` }));

it('never moves a key: Redis holds what was placed', () => {
  const key = callbackKey({ source: 'callbot', account: 'acct', id: 'request-1' });
  expect([key, placeOfKey(key), shardOf(key, 16), homeShardOf('crm', 16)]).toMatchInlineSnapshot(`
    [
      "O4LUDU_gLJeSdwZvn1AYHk",
      65433089429472,
      0,
      6,
    ]
  `);
});

it('is the only shard if there is one', () => {
  expect(keys.every((key) => shardOf(key, 1) === 0)).toBe(true);
});

it('gives each shard its share', () => {
  for (const shards of [2, 3, 16, 256]) {
    const counts = Array.from({ length: shards }, () => 0);
    for (const key of keys) counts[shardOf(key, shards)] = (counts[shardOf(key, shards)] ?? 0) + 1;
    const fair = keys.length / shards;
    // Six standard deviations.
    for (const count of counts) expect(Math.abs(count - fair)).toBeLessThan(6 * Math.sqrt(fair));
  }
});

it('finds what belongs to the shard of a callback', () => {
  const finders = [1, 16].map((shards) => createShardFinder(Array.from({ length: shards }, (_, shard) => shard)));
  const callback = { source: 'callbot', account: 'a', id: 'r7' };
  expect(finders.map((find) => find(callback))).toEqual([0, shardOf(callbackKey(callback), 16)]);
});

it('gives each shard a part of a bound, all together at least the whole', () => {
  expect([partOfShard(100, 1), partOfShard(100, 16), partOfShard(1, 16), partOfShard(0, 16)]).toEqual([100, 7, 1, 0]);
});
