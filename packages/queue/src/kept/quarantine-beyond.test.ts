import type { QuarantinedCallback } from '@ringback/contracts';
import { testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { createUnroutedQuarantine } from './quarantine.ts';

const entry = (id: string, account = 'a'): QuarantinedCallback => ({
  v: 1,
  id,
  source: 's',
  account,
  time: 1,
  receivedAt: 2,
  body: '{}',
  encoding: 'utf8',
  code: 'RB_UNROUTED',
  reason: 'RB_UNROUTED: no route matched',
});

it('takes no room from others for what is kept without room, by whichever process', async () => {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  onTestFinished(() => redis.disconnect());
  const open = () => createUnroutedQuarantine({ redis, prefix, bounds: { maxCount: 4, maxSize: 1_000_000 } });
  const quarantine = open();
  const flood = Array.from({ length: 9 }, (_, index) => entry(`x${index}`));
  expect(await quarantine.keep(flood, { always: true })).toEqual(flood.map(() => true));
  expect(await quarantine.keep([entry('y', 'b')])).toEqual([true]);
  const other = open();
  expect(await other.keep([entry('z', 'b'), entry('x9')])).toEqual([false, false]);
  expect(await other.keep(flood, { always: true })).toEqual(flood.map(() => true));
  expect(await redis.llen(`${prefix}:unrouted:wait`)).toBe(10);
});
