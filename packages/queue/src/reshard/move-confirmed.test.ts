import { callbackKey } from '@ringback/contracts';
import type { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { moveShards } from './move-shards.ts';
import type { ShardPlace } from './place.ts';
import { fill } from './test-fill.ts';
import { claim, many, OUTPUTS, setUpShards } from './test-shards.ts';

/** Replaces commands of a connection. */
function watched(redis: Redis, names: readonly ('evalsha' | 'eval' | 'del' | 'hdel' | 'zrem' | 'pipeline')[], note: () => void) {
  const noting = (name: (typeof names)[number]) => ({
    value: (...args: unknown[]) => {
      note();
      return Reflect.apply(redis[name], redis, args);
    },
  });
  return Object.create(redis, Object.fromEntries(names.map((name) => [name, noting(name)]))) as Redis; // the same, and more
}

it('removes nothing before the copy is confirmed', async () => {
  const installed = setUpShards();
  const { shards, plan, redis } = installed;
  for (const { number } of shards) await fill(installed, number);
  await claim(installed, many('claimed', 40).map(callbackKey), 4);
  let [unconfirmed, confirmed] = [false, 0];
  const early = new Set<string | undefined>();
  const removed = () => {
    if (unconfirmed) early.add(/carry\w*/.exec(new Error('early').stack ?? '')?.[0] ?? 'elsewhere');
  };
  // All goes to shard 0: what is written there is a copy, and what is written elsewhere removes.
  const target: ShardPlace = {
    ...installed.place(0),
    redis: watched(redis, ['evalsha', 'pipeline'], () => (unconfirmed = true)),
    confirm: async () => {
      confirmed += 1;
      unconfirmed = false;
    },
  };
  const sources = shards
    .slice(1)
    .map((shard) => ({ ...shard, redis: watched(redis, ['evalsha', 'del', 'hdel', 'zrem'], removed) }));
  await moveShards({ plan: { ...plan(4, 1), shards: [target, ...sources] }, outputs: OUTPUTS, say: () => {} });
  expect(confirmed).toBeGreaterThan(0);
  expect([...early]).toEqual([]);
});
