import { timeRedis } from '@ringback/redis';
import { testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { findBigKeys } from './big-keys.ts';
import { examineBuffer } from './history.ts';
import { judgeClock, judgeLatency, judgeMemory } from './server.ts';

function open() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  return { redis, prefix };
}

it('finds keys of ours that are big, and of nobody else', async () => {
  const { redis, prefix } = open();
  const text = 'x'.repeat(100_000);
  await Promise.all([
    redis.set(`${prefix}:bodies:b`, text),
    redis.set(`${prefix}other:c`, text),
    redis.set(`${prefix}:small`, '1'),
  ]);
  expect(await findBigKeys({ redis, prefix }, { from: 50_000, mostMs: Infinity })).toMatchObject({
    severity: 'warning',
    text: expect.stringMatching(new RegExp(`^1 take more than .*${prefix}:bodies:b 0\\.1 MiB`)),
  });
  expect(await findBigKeys({ redis, prefix }, { mostMs: Infinity })).toMatchObject({
    severity: 'ok',
    text: expect.stringContaining('2 keys looked at'),
  });
});

it('tells how far our clock is from that of Redis, in either direction', async () => {
  const { redis } = open();
  const skewed = async (by: number) => judgeClock('here', await timeRedis(redis, () => Date.now() + by));
  expect(await skewed(0)).toMatchObject({ severity: 'ok' });
  expect(await skewed(20_000)).toMatchObject({ severity: 'warning', text: expect.stringContaining('ahead of') });
  expect(await skewed(-90_000)).toMatchObject({ severity: 'error', text: expect.stringContaining('behind') });
});

it('does not call a clock wrong that a slow answer makes vague', () => {
  expect(judgeClock('here', { aheadMs: 1800, exactToMs: 900 })).toMatchObject({ severity: 'ok' });
});

it('judges a slow Redis by how long a callback may wait for it', () => {
  const timing = { aheadMs: 0, exactToMs: 1 };
  expect(judgeLatency('here', { ...timing, medianMs: 1, worstMs: 20 }, 2000).severity).toBe('ok');
  expect(judgeLatency('here', { ...timing, medianMs: 40, worstMs: 60 }, 2000).severity).toBe('warning');
  expect(judgeLatency('here', { ...timing, medianMs: 1, worstMs: 2500 }, 2000).severity).toBe('error');
});

it('warns of a Redis that fills, before it refuses', () => {
  const facts = (fill: number) => ({
    version: '7.2.4',
    tooOld: undefined,
    policy: 'noeviction',
    worth: '',
    lack: undefined,
    appendonly: true,
    diskFails: false,
    delayedFsyncs: 0,
    maxmemory: 1024 ** 3,
    fill,
  });
  const judged = (fill: number) => judgeMemory({ place: 'here', facts: facts(fill) }, { high: 0.8 }).severity;
  expect([0.1, 0.7, 0.9].map(judged)).toEqual(['ok', 'warning', 'error']);
});

it('warns of a history that is not written', async () => {
  const { redis, prefix } = open();
  await redis.xadd(`${prefix}:history`, '*', 'e', '{}');
  const judged = async (later: number) => (await examineBuffer({ redis, prefix, now: Date.now() + later })).severity;
  expect([await judged(0), await judged(300_000)]).toEqual(['ok', 'warning']);
});
