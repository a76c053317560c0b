import { testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { runningProcesses } from './registry.ts';

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
