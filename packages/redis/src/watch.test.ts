import type { Durability } from '@ringback/contracts';
import { startRedisServer } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createRedisWatch } from './watch.ts';

const MIB = 1024 * 1024;

async function setUp({
  durability = 'memory',
  appendfsync,
}: { durability?: Durability; appendfsync?: 'always' | 'everysec' } = {}) {
  const server = await startRedisServer(appendfsync ? { appendfsync } : {});
  const admin = new Redis(server.url);
  await admin.acl('SETUSER', 'managed', 'on', '>secret', '~*', '&*', '+@all', '-config');
  onTestFinished(() => admin.disconnect());

  async function watch({ user = '', now = Date.now } = {}) {
    const redis = new Redis(server.url.replace('redis://', `redis://${user}`));
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const overload = { memory: { high: 0.8, low: 0.7 } };
    const created = createRedisWatch({ redis, prefix: 'test', durability, overload, now, logger });
    onTestFinished(() => {
      created.close();
      redis.disconnect();
    });
    await vi.waitFor(() => expect(logger.info.mock.calls.length + logger.error.mock.calls.length).toBeGreaterThan(0), 10_000);
    // The first may have begun before what the test did; the second has not.
    const look = async () => {
      await created.look();
      await created.look();
    };
    return { ...created, look, logger, redis };
  }
  return { admin, watch };
}

describe('redis watch', () => {
  it('looks again soon where there is little room, and less often where there is plenty', async () => {
    const { admin, watch } = await setUp();
    let time = 0;
    const { redis, unmet, look } = await watch({ now: () => time });
    const info = vi.spyOn(redis, 'info');
    const looksAfter = async (ms: number) => {
      await look();
      info.mockClear();
      time += ms;
      unmet();
      return info.mock.calls.length;
    };
    expect([await looksAfter(100), await looksAfter(300)]).toEqual([0, 1]);
    await admin.set('fill', 'x'.repeat(20 * MIB));
    await admin.config('SET', 'maxmemory', String(40 * MIB));
    expect([await looksAfter(100), await looksAfter(10)]).toEqual([1, 0]);
  });

  it.each([
    ['maxmemory-policy', 'allkeys-lru', 'CONFIG SET maxmemory-policy noeviction'],
    ['maxmemory-policy', 'volatile-ttl', 'CONFIG SET maxmemory-policy noeviction'],
    ['appendonly', 'no', 'CONFIG SET appendonly yes'],
    ['appendfsync', 'everysec', 'CONFIG SET appendfsync always'],
  ])('finds %s %s to be less than always, and says what mends it', async (key, value, mend) => {
    const { admin, watch } = await setUp({ durability: 'always', appendfsync: 'always' });
    const { unmet, look, logger } = await watch();
    expect(unmet()).toBeUndefined();
    await admin.config('SET', key, value);
    await look();
    expect(unmet()).toMatchObject({ code: 'RB_DURABILITY_UNMET', message: expect.stringContaining(mend) });
    expect(logger.error).toHaveBeenCalledTimes(1);
    const [, command = '', name = '', wanted = ''] = mend.split(' ');
    await admin.config(command as 'SET', name, wanted);
    await look();
    expect(unmet()).toBeUndefined();
  });

  it('demands nothing of the disk by default, and says what that is worth', async () => {
    const { watch } = await setUp();
    const { unmet, logger } = await watch();
    expect(unmet()).toBeUndefined();
    const worth = 'in the memory of Redis (appendonly no): a restart may lose it, noeviction, 0 replicas';
    expect(logger.info.mock.calls).toEqual([[{}, `an ack is worth: ${worth}`]]);
  });

  it('takes appendfsync no for less than everysec', async () => {
    const { admin, watch } = await setUp({ durability: 'everysec', appendfsync: 'everysec' });
    await admin.config('SET', 'appendfsync', 'no');
    expect((await watch()).unmet()?.message).toContain('CONFIG SET appendfsync everysec');
  });

  it('says what it cannot know where CONFIG is forbidden: enough for everysec', async () => {
    const { watch } = await setUp({ durability: 'everysec', appendfsync: 'everysec' });
    const { unmet, logger } = await watch({ user: 'managed:secret@' });
    expect(unmet()).toBeUndefined();
    expect(logger.info).toHaveBeenCalledWith({}, expect.stringContaining('CONFIG GET appendfsync is forbidden'));
  });

  it('does not believe in always where CONFIG is forbidden, and asks for it once only', async () => {
    const { admin, watch } = await setUp({ durability: 'always', appendfsync: 'always' });
    const { unmet, look } = await watch({ user: 'managed:secret@' });
    expect(unmet()?.message).toContain('+config|get');
    await look();
    expect(await admin.acl('LOG')).toMatchObject([expect.arrayContaining(['count', 1])]);
  });

  it('tells overload from the high watermark on until below the low one, and a nearly full Redis beyond', async () => {
    const { admin, watch } = await setUp();
    const { overloaded, nearlyFull, room, look, logger } = await watch();
    const used = async () => Number(/used_memory:(\d+)/.exec(await admin.info('memory'))?.[1]);
    await admin.set('fill', 'x'.repeat(20 * MIB));
    const at = async (share: number) => {
      await admin.config('SET', 'maxmemory', String(Math.round((await used()) / share)));
      // The first may join a look that began before the change.
      await look();
      await look();
      return [overloaded()?.code, nearlyFull()];
    };
    expect(await at(0.75)).toEqual([undefined, false]);
    expect(await at(0.85)).toEqual(['RB_OVERLOADED', false]);
    expect(room()).toBeGreaterThan(0);
    expect(await at(0.95)).toEqual(['RB_OVERLOADED', true]);
    expect(room()).toBeLessThan(0);
    expect(await at(0.75)).toEqual(['RB_OVERLOADED', false]);
    expect(await at(0.65)).toEqual([undefined, false]);
    expect(await at(0.75)).toEqual([undefined, false]);
    expect(logger.warn.mock.calls.map(([, message]) => message)).toEqual(['overload begins', 'redis is nearly full']);
  });
});
