import { testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { createLatelyNoter, newestOf, readLately } from './lately.ts';

it('notes by the clock of Redis when something happened last, and goes by itself', async () => {
  const { url, prefix } = testRedis();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  expect(await readLately({ redis, prefix })).toEqual({ dropped: {} });
  const note = createLatelyNoter({ redis, prefix });
  const [before] = await redis.time();
  await note('lost');
  const { lost = 0, unrouted } = await readLately({ redis, prefix });
  expect(unrouted).toBeUndefined();
  expect(lost).toBeGreaterThanOrEqual(Number(before) * 1000);
  await redis.hset(`${prefix}:lately`, 'lost', 5);
  await note('lost');
  expect((await readLately({ redis, prefix })).lost).toBeGreaterThanOrEqual(lost);
  expect(await redis.ttl(`${prefix}:lately`)).toBeGreaterThan(3600);
});

it('takes the latest of all shards', () => {
  const all = [
    { lost: 3, history: 9, dropped: { crm: 1, 'a b': 2 } },
    { lost: 7, unrouted: 1, dropped: { crm: 4 } },
  ];
  expect(newestOf(all)).toEqual({ lost: 7, unrouted: 1, history: 9, dropped: { crm: 4, 'a b': 2 } });
});
