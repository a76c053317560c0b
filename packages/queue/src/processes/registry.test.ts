import { startRedisServer, testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { noteProcess, runningProcesses } from './registry.ts';

function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const write = (id: string, more: object) =>
    redis
      .multi()
      .set(
        `${prefix}:process:${id}`,
        JSON.stringify({ id, app: 'ingress', version: '1', host: 'h', pid: 1, startedAt: 1, parts: {}, ...more }),
      )
      .sadd(`${prefix}:processes`, id)
      .exec();
  return { redis, prefix, write };
}

it('reads what other versions say of themselves: nothing, other counts, or more of them', async () => {
  const { redis, prefix, write } = setUp();
  const counts = { acked: 7, unavailable: 1, later: 2 };
  await write('older', { startedAt: 1 });
  await write('other', { startedAt: 2, state: { notReady: [], totals: counts, rates: { refused: 3 } } });
  await write('unreadable', { startedAt: 3, state: { notReady: [], totals: { acked: 'many' }, rates: {} } });
  const read = await runningProcesses({ redis, prefix });
  expect(read.map(({ id, state }) => [id, state?.totals.acked, state?.rates.refused])).toEqual([
    ['older', undefined, undefined],
    ['other', 7, 3],
  ]);
});

it('knows a process while Redis is full, as it was before', async () => {
  const { url } = await startRedisServer();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const running = { id: 'w', app: 'worker', version: '1', host: 'h', pid: 1, startedAt: 1, parts: {} } as const;
  const access = { redis, prefix: 'p' };
  await noteProcess(access, { ...running, toldAt: 1 });
  await redis.pexpire('p:process:w', 10_000);
  await redis.config('SET', 'maxmemory', '1');
  await expect(noteProcess(access, { ...running, toldAt: 2 })).rejects.toThrow('OOM');
  expect(await redis.pttl('p:process:w')).toBeGreaterThan(10_000);
  expect(await runningProcesses(access)).toMatchObject([{ id: 'w', toldAt: 1 }]);
});
