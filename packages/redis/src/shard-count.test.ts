import { testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noteShardCount, readShardCount, shardCountKey, shardCountRefusal, shardCountText } from './shard-count.ts';

function access() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  return { redis, prefix, usedBy: [`${prefix}:callbacks:id`] };
}

describe('the number of shards in Redis', () => {
  it('is that of the first process, and stays', async () => {
    const own = access();
    expect(await readShardCount(own)).toBeUndefined();
    const first = await Promise.all([16, 16, 16].map((shards) => noteShardCount(own, shards)));
    expect(first).toEqual([{ shards: 16 }, { shards: 16 }, { shards: 16 }]);
    expect(await noteShardCount(own, 8)).toEqual({ shards: 16 });
    expect(await readShardCount(own)).toEqual({ shards: 16 });
  });

  it('was 1 where there were callbacks before there was a number', async () => {
    const own = access();
    await own.redis.incr(own.usedBy[0] ?? '');
    expect(await readShardCount(own)).toEqual({ shards: 1 });
    expect(await noteShardCount(own, 16)).toEqual({ shards: 1 });
    expect(await own.redis.get(shardCountKey(own.prefix))).toBe('1');
  });

  it('can be read while it is changed, and refuses what is not of our making', async () => {
    const own = access();
    for (const count of [{ shards: 8 }, { shards: 8, to: 16, moving: false }, { shards: 8, to: 16, moving: true }]) {
      await own.redis.set(shardCountKey(own.prefix), shardCountText(count));
      expect(await readShardCount(own)).toEqual(count);
    }
    await own.redis.set(shardCountKey(own.prefix), 'many');
    await expect(readShardCount(own)).rejects.toMatchObject({ code: 'RB_REDIS_REFUSES' });
  });
});

describe('a process with a number in its settings', () => {
  const used = { shards: 8 };
  const draining = { shards: 8, to: 16 };
  const moving = { ...draining, moving: true };
  const refused = (count: typeof moving | typeof used, app: 'ingress' | 'worker' | 'cli', shards: number) =>
    shardCountRefusal(count, { app, shards })?.code;

  it('is told both numbers, where each is said, and both ways', () => {
    const refusal = shardCountRefusal(used, { app: 'worker', shards: 16 });
    expect(refusal?.code).toBe('RB_SHARDS_DIFFER');
    expect(refusal?.message).toBe(
      'redis.shards of the settings is 16, and Redis is used with 8 (its key {<redis.prefix>:0}:shards says so). Set redis.shards: 8; or change the number: ringback reshard --to 16',
    );
  });

  it.each([
    [used, 8, [undefined, undefined, undefined]],
    [used, 4, ['RB_SHARDS_DIFFER', 'RB_SHARDS_DIFFER', 'RB_SHARDS_DIFFER']],
    // Workers drain, and the operator can look. The ingress takes nothing.
    [draining, 8, ['RB_RESHARDING', undefined, undefined]],
    [draining, 16, ['RB_RESHARDING', 'RB_RESHARDING', 'RB_RESHARDING']],
    [moving, 8, ['RB_RESHARDING', 'RB_RESHARDING', 'RB_RESHARDING']],
    [moving, 4, ['RB_SHARDS_DIFFER', 'RB_SHARDS_DIFFER', 'RB_SHARDS_DIFFER']],
  ] as const)('of %o and %i in its settings: ingress, worker, command', (count, shards, codes) => {
    expect((['ingress', 'worker', 'cli'] as const).map((app) => refused(count, app, shards))).toEqual(codes);
  });
});
