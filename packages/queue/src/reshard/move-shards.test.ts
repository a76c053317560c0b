import { callbackKey, homeShardOf, shardOf } from '@ringback/contracts';
import { expect, it } from 'vitest';
import { moveShards } from './move-shards.ts';
import type { ShardPlace } from './place.ts';
import { countsOf, deliveries, fill, fillHome } from './test-fill.ts';
import { claim, claimsIn, cut, LATER, many, OUTPUTS, setUpShards } from './test-shards.ts';

it.each([
  [4, 2],
  [2, 4],
  [4, 1],
  [1, 3],
  [3, 2],
])('moves what belongs elsewhere, from %i to %i shards', async (from, to) => {
  const installed = setUpShards();
  const { shards, plan, redis } = installed;
  const [old, now] = [shards.slice(0, from), shards.slice(0, to)];
  for (const { number } of old) await fill(installed, number);
  await fillHome(installed, from);
  const keys = many('claimed', 200).map(callbackKey);
  await claim(installed, keys, from);
  const before = [await deliveries(old), await countsOf(old)];
  expect(before[0]).not.toContain('crm waiting lost');

  const moved = await moveShards({ plan: plan(from, to), outputs: OUTPUTS, say: () => {} });
  expect(moved.claims).toBe(keys.filter((key) => shardOf(key, from) !== shardOf(key, to)).length);
  expect([await deliveries(now), await countsOf(now)]).toEqual(before);
  for (const shard of now) {
    const own = await claimsIn(installed, shard);
    expect(own.toSorted()).toEqual(keys.filter((key) => shardOf(key, to) === shard.number).toSorted());
    for (const key of own) expect(await redis.pttl(`${shard.prefix}:ledger:${key}`)).toBeGreaterThan(LATER / 2);
  }
  // At its home, and nowhere else.
  expect((await deliveries([installed.place(homeShardOf('slow', to))])).filter((one) => one.startsWith('slow'))).toHaveLength(3);
  for (const shard of shards.slice(to)) {
    expect(await deliveries([shard])).toEqual([]);
    expect(await redis.keys(`${shard.prefix}:ledger:*`)).toEqual([]);
    expect(await redis.keys(`${shard.prefix}:bodies:*`)).toEqual([]);
  }
});

it('can be cut off between its writes and run again: all is there once', async () => {
  const installed = setUpShards();
  const { shards, plan, redis, prefix } = installed;
  const keys = many('claimed', 20).map(callbackKey);
  for (let writes = 1; ; writes += 6) {
    const names = await redis.keys(`${prefix}*`);
    if (names.length > 0) await redis.del(...names);
    for (const number of [0, 3]) await fill(installed, number);
    await fillHome(installed, 4);
    await claim(installed, keys, 4);
    const before = [await deliveries(shards), await countsOf(shards)];
    let left = writes;
    const cutOff = shards.map((shard) => ({ ...shard, redis: cut(redis, () => (left -= 1) < 0) }));
    const move = (places: readonly ShardPlace[]) =>
      moveShards({ plan: { ...plan(4, 2), shards: places }, outputs: OUTPUTS, say: () => {} });
    const ended = await move(cutOff).then(
      () => true,
      (error: unknown) => {
        expect(String(error)).toContain('cut off');
        return false;
      },
    );
    if (!ended) await move(shards);
    const now = shards.slice(0, 2);
    expect([await deliveries(now), await countsOf(now)]).toEqual(before);
    expect((await Promise.all(now.map((shard) => claimsIn(installed, shard)))).flat().toSorted()).toEqual(keys.toSorted());
    if (ended) return;
  }
}, 180_000);

/** As a writer leaves it that died before the gap was written. */
const GAP = { gap: 'w-1', 'gap.from': '1', 'gap.to': '4', 'gap.callbacks': '6', 'gap.attempts': '7' };

it('takes along what waits for the history in a shard that goes away, and what was dropped there', async () => {
  const { shards, plan, redis } = setUpShards();
  const [heir, , , going] = shards.map(({ prefix }) => prefix);
  for (let n = 0; n < 45; n += 1) await redis.xadd(`${going}:history`, '*', 'c', '1', 'a', '0', 'e', `event ${n}`);
  await redis.xgroup('CREATE', `${going}:history`, 'history', '0');
  await redis.hset(`${going}:history.state`, { bytes: 1, since: 5, until: 9, callbacks: 3, attempts: 4 });
  await redis.hset(`${going}:history.state`, GAP);
  await redis.hset(`${heir}:history.state`, { bytes: 100, since: 2, until: 3, callbacks: 1, attempts: 1 });
  await moveShards({ plan: plan(4, 1), outputs: OUTPUTS, say: () => {} });
  const events = (await redis.xrange(`${heir}:history`, '-', '+')).map(([, fields]) => fields[5]);
  expect(events).toEqual(Array.from({ length: 45 }, (_, n) => `event ${n}`));
  const state = await redis.hgetall(`${heir}:history.state`);
  expect(state).toMatchObject({ since: '2', until: '9', callbacks: '4', attempts: '5', ...GAP });
  expect(Number(state['bytes'])).toBe(100 + Buffer.byteLength(events.join('')) + 45 * 128);
  expect(await redis.exists(`${going}:history`, `${going}:history.state`)).toBe(0);
});

it('adds a gap of the history to what was dropped in the other shard, if that has a gap of its own', async () => {
  const { shards, plan, redis } = setUpShards();
  const [heir, , , going] = shards.map(({ prefix }) => prefix);
  const own = { ...GAP, gap: 'w-2' };
  await redis.hset(`${going}:history.state`, GAP);
  await redis.hset(`${heir}:history.state`, { ...own, since: 3, until: 12, callbacks: 1, attempts: 1 });
  await moveShards({ plan: plan(4, 1), outputs: OUTPUTS, say: () => {} });
  const open = { since: '1', until: '12', callbacks: '7', attempts: '8' };
  expect(await redis.hgetall(`${heir}:history.state`)).toEqual({ ...own, ...open });
});
